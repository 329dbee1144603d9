import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.*;
import javax.net.ssl.*;

/**
 * What Java sees in stores. Reads lines of type, path and password ("+" and hexadecimal UTF-8, or "-" for none) from
 * standard input, separated by tabs; prints for each: "store", then "refused" and the exception, or "entry" lines (alias in
 * hexadecimal UTF-8, kind, milliseconds, fingerprints) and "anchor" lines (fingerprint), then "end".
 */
public class StoreView {
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        StringBuilder out = new StringBuilder();
        for (String line; (line = in.readLine()) != null; ) {
            String[] parts = line.split("\t");
            char[] password = parts[2].equals("-") ? null : text(parts[2].substring(1)).toCharArray();
            out.append("store\n");
            try {
                view(parts[0], Paths.get(parts[1]), password, out);
            } catch (Exception e) {
                out.append("refused\t").append(e.toString().replaceAll("\\s+", " ")).append('\n');
            }
            out.append("end\n");
        }
        System.out.print(out);
    }

    static void view(String type, Path path, char[] password, StringBuilder out) throws Exception {
        KeyStore store = KeyStore.getInstance(type);
        try (InputStream stream = Files.newInputStream(path)) {
            store.load(stream, password);
        }
        for (String alias : Collections.list(store.aliases())) {
            String kind = store.isCertificateEntry(alias) ? "trusted-certificate"
                : store.entryInstanceOf(alias, KeyStore.PrivateKeyEntry.class) ? "private-key"
                : store.entryInstanceOf(alias, KeyStore.SecretKeyEntry.class) ? "secret-key" : "none";
            Date date = store.getCreationDate(alias);
            out.append("entry\t").append(hex(alias.getBytes(StandardCharsets.UTF_8))).append('\t').append(kind)
                .append('\t').append(date == null ? 0 : date.getTime()).append('\t');
            Certificate[] chain = store.getCertificateChain(alias);
            if (chain == null && store.getCertificate(alias) != null) {
                chain = new Certificate[] {store.getCertificate(alias)};
            }
            for (Certificate certificate : chain == null ? new Certificate[0] : chain) {
                out.append(fingerprint(certificate)).append(' ');
            }
            if (kind.equals("private-key") && password != null) {
                try {
                    String algorithm = store.getKey(alias, password).getAlgorithm();
                    out.append('\t').append(algorithm);
                } catch (UnrecoverableKeyException e) {
                    out.append("\tlocked");
                }
            }
            out.append('\n');
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        for (X509Certificate anchor : ((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers()) {
            out.append("anchor\t").append(fingerprint(anchor)).append('\n');
        }
    }

    static String fingerprint(Certificate certificate) throws Exception {
        return hex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
    }

    static String hex(byte[] octets) {
        StringBuilder text = new StringBuilder();
        for (byte octet : octets) {
            text.append(String.format("%02x", octet));
        }
        return text.toString();
    }

    static String text(String hex) {
        byte[] octets = new byte[hex.length() / 2];
        for (int i = 0; i < octets.length; i++) {
            octets[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
        }
        return new String(octets, StandardCharsets.UTF_8);
    }
}
