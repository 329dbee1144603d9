import java.io.File;
import java.io.IOException;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.AbstractHandler;
import org.eclipse.jetty.util.log.JavaUtilLog;
import org.eclipse.jetty.util.log.Log;
import org.eclipse.jetty.util.resource.Resource;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.xml.XmlConfiguration;

/**
 * Serves HTTPS with Jetty 9.4: for each argument, a jetty-ssl-context.xml, on a port of
 * its own, which is printed. Every request is answered with "hello". Ends when its input does.
 */
public final class JettyServer {
    public static void main(String[] args) throws Exception {
        Log.setLog(new JavaUtilLog());
        java.util.logging.Logger.getLogger("org.eclipse.jetty").setLevel(java.util.logging.Level.WARNING);
        for (String file : args) {
            XmlConfiguration xml = new XmlConfiguration(Resource.newResource(new File(file)));
            SslContextFactory.Server tls = (SslContextFactory.Server) xml.configure();
            Server server = new Server();
            HttpConfiguration http = new HttpConfiguration();
            http.addCustomizer(new SecureRequestCustomizer()); // as Jetty's own etc/jetty-ssl.xml has it
            ServerConnector connector = new ServerConnector(
                    server, new SslConnectionFactory(tls, "http/1.1"), new HttpConnectionFactory(http));
            server.addConnector(connector);
            server.setHandler(new AbstractHandler() {
                @Override
                public void handle(String path, Request base, HttpServletRequest request, HttpServletResponse response)
                        throws IOException {
                    base.setHandled(true);
                    response.getWriter().print("hello\n");
                }
            });
            server.start();
            System.out.println(connector.getLocalPort());
        }
        System.in.read();
        System.exit(0);
    }
}
