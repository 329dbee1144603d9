import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.URL;
import javax.net.ssl.HttpsURLConnection;

/**
 * Gets a URL as a Java agent does and prints either the status and the body, or the exception and its causes, one per
 * line, each as Throwable.toString() gives it. The trust store is the JVM's own or the one
 * javax.net.ssl.trustStore names.
 */
public final class HttpsGet {
    public static void main(String[] args) {
        try {
            HttpsURLConnection connection = (HttpsURLConnection) new URL(args[0]).openConnection();
            connection.setConnectTimeout(10_000);
            connection.setReadTimeout(10_000);
            connection.connect();
            int status = connection.getResponseCode();
            InputStream stream = status < 400 ? connection.getInputStream() : connection.getErrorStream();
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            if (stream != null) {
                stream.transferTo(body);
            }
            System.out.println(status);
            System.out.print(body.toString("UTF-8"));
        } catch (Throwable thrown) {
            for (Throwable at = thrown; at != null; at = at.getCause()) {
                System.out.println(at);
            }
            System.exit(1);
        }
    }
}
