import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.FileInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * Serves HTTPS from keystores, as a small Java application does: for each FILE TYPE PASSWORD three arguments, on a port
 * of 127.0.0.1 and one of ::1, printed in one line. Every request is answered with "hello". Ends when its input does.
 */
public final class KeystoreServer {
    public static void main(String[] args) throws Exception {
        for (int at = 0; at < args.length; at += 3) {
            char[] password = args[at + 2].toCharArray();
            KeyStore store = KeyStore.getInstance(args[at + 1]);
            try (InputStream file = new FileInputStream(args[at])) {
                store.load(file, password);
            }
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, password);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            System.out.println(serve("127.0.0.1", context) + " " + serve("::1", context));
        }
        System.in.read();
        System.exit(0);
    }

    private static int serve(String address, SSLContext context) throws Exception {
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getByName(address), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.createContext("/", exchange -> {
            byte[] body = "hello\n".getBytes("UTF-8");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        return server.getAddress().getPort();
    }
}
