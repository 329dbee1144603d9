import java.net.URL;
import javax.net.ssl.HttpsURLConnection;

/**
 * Gets each URL as a Java agent does and prints one line for it: the status, or the class of the exception that ended it.
 */
public final class HttpsNames {
    public static void main(String[] args) {
        for (String url : args) {
            try {
                HttpsURLConnection connection = (HttpsURLConnection) new URL(url).openConnection();
                connection.setConnectTimeout(10_000);
                connection.setReadTimeout(10_000);
                System.out.println(connection.getResponseCode());
                connection.disconnect();
            } catch (Throwable thrown) {
                System.out.println(thrown.getClass().getName());
            }
        }
    }
}
