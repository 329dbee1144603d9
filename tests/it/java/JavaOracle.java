import java.io.ByteArrayInputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.Principal;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.*;

/**
 * Asks this JVM's own PKIX trust manager about chains: `JavaOracle cases.tsv answers.tsv`.
 *
 * A case: id, time, name (empty: none), certificates sent, anchors (base64 DER, by comma). An answer: id, SUCCESS or
 * FAILURE, and the exceptions from the outermost in, joined by " <- ".
 */
public class JavaOracle {
    private static final Base64.Decoder BASE64 = Base64.getDecoder();

    public static void main(String[] args) throws Exception {
        try (PrintStream out = new PrintStream(args[1], "UTF-8")) {
            for (String line : Files.readAllLines(Paths.get(args[0]))) {
                String[] field = line.split("\t", -1);
                String verdict = "SUCCESS";
                String why = "";
                try {
                    judge(field);
                } catch (Throwable thrown) {
                    verdict = "FAILURE";
                    why = causes(thrown);
                }
                out.print(field[0] + "\t" + verdict + "\t" + why.replace('\n', ' ').replace('\t', ' ') + "\n");
            }
        }
    }

    private static void judge(String[] field) throws Exception {
        Set<TrustAnchor> anchors = new HashSet<>();
        for (X509Certificate anchor : certificates(field[4])) {
            anchors.add(new TrustAnchor(anchor, null));
        }
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, new X509CertSelector());
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(OffsetDateTime.parse(field[1]).toInstant()));
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(new CertPathTrustManagerParameters(parameters));
        X509ExtendedTrustManager manager = (X509ExtendedTrustManager) factory.getTrustManagers()[0];
        X509Certificate[] chain = certificates(field[3]).toArray(new X509Certificate[0]);
        String name = field[2].isEmpty() ? null : field[2];
        manager.checkServerTrusted(chain, "UNKNOWN", new Engine(name));
    }

    private static List<X509Certificate> certificates(String list) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<X509Certificate> certificates = new ArrayList<>();
        for (String base64 : list.split(",")) {
            if (!base64.isEmpty()) {
                ByteArrayInputStream der = new ByteArrayInputStream(BASE64.decode(base64));
                certificates.add((X509Certificate) factory.generateCertificate(der));
            }
        }
        return certificates;
    }

    private static String causes(Throwable thrown) {
        StringBuilder text = new StringBuilder();
        for (int depth = 0; thrown != null && depth < 6; thrown = thrown.getCause(), depth++) {
            text.append(depth > 0 ? " <- " : "").append(thrown.getClass().getName() + ": " + thrown.getMessage());
        }
        return text.toString();
    }

    /** As much of a TLS 1.3 connection as the trust manager looks at. */
    private static class Engine extends SSLEngine {
        private final Session session;
        private final SSLParameters parameters = new SSLParameters();

        Engine(String name) {
            super(name, 443);
            session = new Session(name);
            if (name != null) {
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
            }
        }

        public SSLSession getSession() { return session; }
        public SSLSession getHandshakeSession() { return session; }
        public SSLParameters getSSLParameters() { return parameters; }
        public boolean getUseClientMode() { return true; }
        public SSLEngineResult wrap(ByteBuffer[] from, int offset, int length, ByteBuffer to) { return null; }
        public SSLEngineResult unwrap(ByteBuffer from, ByteBuffer[] to, int offset, int length) { return null; }
        public Runnable getDelegatedTask() { return null; }
        public void closeInbound() {}
        public boolean isInboundDone() { return false; }
        public void closeOutbound() {}
        public boolean isOutboundDone() { return false; }
        public String[] getSupportedCipherSuites() { return new String[0]; }
        public String[] getEnabledCipherSuites() { return new String[0]; }
        public void setEnabledCipherSuites(String[] suites) {}
        public String[] getSupportedProtocols() { return new String[0]; }
        public String[] getEnabledProtocols() { return new String[0]; }
        public void setEnabledProtocols(String[] protocols) {}
        public void beginHandshake() {}
        public SSLEngineResult.HandshakeStatus getHandshakeStatus() { return null; }
        public void setUseClientMode(boolean mode) {}
        public void setNeedClientAuth(boolean need) {}
        public boolean getNeedClientAuth() { return false; }
        public void setWantClientAuth(boolean want) {}
        public boolean getWantClientAuth() { return false; }
        public void setEnableSessionCreation(boolean flag) {}
        public boolean getEnableSessionCreation() { return true; }
    }

    private static class Session extends ExtendedSSLSession {
        /** sun.security.ssl.SignatureScheme, in the order SunJSSE offers them. */
        private static final String[] OFFERED = {
            "SHA256withECDSA", "SHA384withECDSA", "SHA512withECDSA", "Ed25519", "Ed448", "RSASSA-PSS",
            "SHA256withRSA", "SHA384withRSA", "SHA512withRSA", "SHA256withDSA", "SHA224withECDSA", "SHA224withRSA",
            "SHA224withDSA", "SHA1withECDSA", "SHA1withRSA", "SHA1withDSA"
        };
        private final String name;

        Session(String name) { this.name = name; }

        public String[] getLocalSupportedSignatureAlgorithms() { return OFFERED; }
        public String[] getPeerSupportedSignatureAlgorithms() { return new String[0]; }
        /** SunJSSE sends no server name for addresses and for names without a dot; the peer host says the same. */
        public List<SNIServerName> getRequestedServerNames() { return Collections.emptyList(); }
        public List<byte[]> getStatusResponses() { return Collections.emptyList(); }
        public String getProtocol() { return "TLSv1.3"; }
        public String getCipherSuite() { return "TLS_AES_128_GCM_SHA256"; }
        public String getPeerHost() { return name; }
        public int getPeerPort() { return 443; }
        public byte[] getId() { return new byte[0]; }
        public SSLSessionContext getSessionContext() { return null; }
        public long getCreationTime() { return 0; }
        public long getLastAccessedTime() { return 0; }
        public void invalidate() {}
        public boolean isValid() { return true; }
        public void putValue(String key, Object value) {}
        public Object getValue(String key) { return null; }
        public void removeValue(String key) {}
        public String[] getValueNames() { return new String[0]; }
        /** Deprecated, and gone in later releases: no @Override. */
        public javax.security.cert.X509Certificate[] getPeerCertificateChain() { return null; }
        public Certificate[] getPeerCertificates() { return null; }
        public Certificate[] getLocalCertificates() { return null; }
        public Principal getPeerPrincipal() { return null; }
        public Principal getLocalPrincipal() { return null; }
        public int getPacketBufferSize() { return 0; }
        public int getApplicationBufferSize() { return 0; }
    }
}
