import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URL;
import java.security.KeyStore;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Connects as an application would whose JVM was started with certain options. Reads lines from standard input, separated by
 * tabs: URL, then javax.net.ssl.trustStore, trustStoreType and trustStorePassword ("-" for each that is not set). Prints one
 * line each: "trusted", "unreadable" for a store that cannot be loaded, or the exception.
 */
public final class Stores {
    private static final String[] OPTIONS = {"trustStore", "trustStoreType", "trustStorePassword"};

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null; ) {
            String[] field = line.split("\t");
            for (int i = 0; i < OPTIONS.length; i++) {
                if (field[i + 1].equals("-")) {
                    System.clearProperty("javax.net.ssl." + OPTIONS[i]);
                } else {
                    System.setProperty("javax.net.ssl." + OPTIONS[i], field[i + 1]);
                }
            }
            System.out.println(answer(field[0]));
        }
    }

    private static String answer(String url) throws Exception {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        try {
            factory.init((KeyStore) null);
        } catch (Exception exception) {
            return "unreadable";
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        HttpsURLConnection connection = (HttpsURLConnection) new URL(url).openConnection();
        connection.setSSLSocketFactory(context.getSocketFactory());
        try {
            connection.connect();
            return "trusted";
        } catch (Exception exception) {
            return exception.toString();
        }
    }
}
