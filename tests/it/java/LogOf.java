import java.net.URL;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.net.ssl.HttpsURLConnection;

/** Asks each URL in turn and logs what goes wrong, as agents do: the message and the whole trace. */
public final class LogOf {
    public static void main(String[] args) {
        Logger logger = Logger.getLogger("agent");
        for (String url : args) {
            try {
                HttpsURLConnection connection = (HttpsURLConnection) new URL(url).openConnection();
                connection.setConnectTimeout(10_000);
                connection.setReadTimeout(10_000);
                connection.getResponseCode();
                logger.info("connected to " + url);
            } catch (Exception thrown) {
                logger.log(Level.SEVERE, thrown.getMessage(), thrown);
            }
        }
    }
}
