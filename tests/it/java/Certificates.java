import java.io.BufferedInputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.security.cert.CertificateFactory;
import java.util.Arrays;

/** Prints for each certificate file of a folder: its name, a tab, and "read" or the exception that says why not. */
public final class Certificates {
    public static void main(String[] args) throws Exception {
        File[] files = new File(args[0]).listFiles((folder, name) -> name.endsWith(".der"));
        Arrays.sort(files);
        for (File file : files) {
            System.out.println(file.getName() + "\t" + read(file));
        }
    }

    private static String read(File file) throws Exception {
        try (InputStream input = new BufferedInputStream(new FileInputStream(file))) {
            CertificateFactory.getInstance("X.509").generateCertificate(input);
            return "read";
        } catch (Exception exception) {
            return exception.toString();
        }
    }
}
