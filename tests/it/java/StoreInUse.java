import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.TreeSet;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * What this JVM itself trusts by default: prints java.home, then the SHA-256 fingerprint of each anchor in order, then
 * "ready"; ends when its standard input does.
 */
public final class StoreInUse {
    public static void main(String[] args) throws Exception {
        StringBuilder out = new StringBuilder(System.getProperty("java.home")).append('\n');
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        TreeSet<String> anchors = new TreeSet<>();
        for (TrustManager manager : factory.getTrustManagers()) {
            for (X509Certificate anchor : ((X509TrustManager) manager).getAcceptedIssuers()) {
                StringBuilder hex = new StringBuilder();
                for (byte octet : MessageDigest.getInstance("SHA-256").digest(anchor.getEncoded())) {
                    hex.append(String.format("%02x", octet));
                }
                anchors.add(hex.toString());
            }
        }
        for (String anchor : anchors) {
            out.append(anchor).append('\n');
        }
        System.out.print(out.append("ready\n"));
        System.out.flush();
        while (System.in.read() >= 0) {
            // Nothing is expected: the end is.
        }
    }
}
