import java.util.Hashtable;
import javax.naming.Context;
import javax.naming.ldap.InitialLdapContext;
import javax.naming.ldap.StartTlsRequest;
import javax.naming.ldap.StartTlsResponse;

/** Starts TLS with each directory named by its URL, as an agent does; prints OK or the exception as toString() gives it. */
public final class LdapStartTls {
    public static void main(String[] args) throws Exception {
        for (String url : args) {
            Hashtable<String, String> environment = new Hashtable<>();
            environment.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
            environment.put(Context.PROVIDER_URL, url);
            InitialLdapContext context = new InitialLdapContext(environment, null);
            try {
                ((StartTlsResponse) context.extendedOperation(new StartTlsRequest())).negotiate();
                System.out.println("OK");
            } catch (Exception error) {
                System.out.println(error);
            }
        }
    }
}
