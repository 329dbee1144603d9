import java.io.FileInputStream;
import java.io.InputStream;
import java.net.URL;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Connects to each port of localhost as an application would, trusting one certificate: `Handshake PEM PORT PEM PORT..`.
 * Prints one line each: `trusted`, or the exception.
 */
public class Handshake {
    public static void main(String[] args) throws Exception {
        for (int index = 0; index < args.length; index += 2) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            try (InputStream pem = new FileInputStream(args[index])) {
                store.setCertificateEntry("anchor", CertificateFactory.getInstance("X.509").generateCertificate(pem));
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, factory.getTrustManagers(), null);
            URL url = new URL("https://localhost:" + args[index + 1] + "/");
            HttpsURLConnection connection = (HttpsURLConnection) url.openConnection();
            connection.setSSLSocketFactory(context.getSocketFactory());
            try {
                connection.connect();
                System.out.println("trusted");
            } catch (Exception exception) {
                System.out.println(exception);
            }
        }
    }
}
