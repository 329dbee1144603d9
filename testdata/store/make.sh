#!/bin/sh
# Makes every file below this folder: with keytool of JDK 17, OpenSSL 3 and, for what neither writes, craft.py.
# Needs JDK17 (a folder), openssl, python3. All passwords are changeit unless the name says otherwise.
set -eu
cd "$(dirname "$0")"
JDK17=${JDK17:-/usr/lib/jvm/java-17-openjdk-amd64}
rm -rf certificates jks jceks pkcs12 pem source
mkdir certificates jks jceks pkcs12 pem source

# An authority, an intermediate, a leaf; two more roots.
cd certificates
ca() { # name, subject
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -days 7300 \
        -subj "$2" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
}
issue() { # name, subject, issuer, extensions
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2" 2>/dev/null
    printf '%b' "$4\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n" > "$1.ext"
    openssl x509 -req -in "$1.csr" -CA "$3.pem" -CAkey "$3.key" -CAcreateserial -days 7000 -extfile "$1.ext" \
        -out "$1.pem" 2>/dev/null
    rm "$1.csr" "$1.ext"
}
ca root "/O=Store Test/CN=Store Test Root"
ca other "/O=Store Test/CN=Other Root"
ca third "/O=Store Test/CN=Third Root"
issue intermediate "/O=Store Test/CN=Store Test Intermediate" root \
    "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign"
issue leaf "/CN=store.test" intermediate "subjectAltName=DNS:store.test\nextendedKeyUsage=serverAuth"
cat intermediate.pem root.pem > chain.pem
openssl pkcs8 -topk8 -nocrypt -in leaf.key -outform DER -out leaf.pk8
openssl crl2pkcs7 -nocrl -certfile leaf.pem -certfile chain.pem -outform DER -out ../source/chain.p7b
openssl crl2pkcs7 -nocrl -certfile leaf.pem -certfile chain.pem -out ../source/chain.p7b.pem
openssl x509 -in root.pem -trustout -addtrust serverAuth -out ../source/trusted.pem
trust() { openssl x509 -in root.pem -trustout "$@"; }
trust -addtrust serverAuth -setalias "corp root" -out ../pem/trusted-for-servers.pem
trust -addtrust emailProtection -out ../pem/trusted-for-mail.pem
trust -addreject serverAuth -addtrust anyExtendedKeyUsage -out ../pem/rejected-for-servers.pem
trust -out ../pem/trusted-without-settings.pem
for name in root other third intermediate leaf; do openssl x509 -in $name.pem -outform DER -out $name.der; done
rm -f ./*.srl other.key third.key intermediate.key root.key
cd ..

keytool() { "$JDK17/bin/keytool" -J-Duser.language=en -J-XX:TieredStopAtLevel=1 "$@" >keytool.log 2>&1 || { cat keytool.log; return 1; }; }
add() { keytool -importcert -noprompt -storepass changeit "$@"; }
C=certificates

# JKS, as keytool writes it: two trusted certificates and a key with its chain.
openssl pkcs12 -export -in $C/leaf.pem -inkey $C/leaf.key -certfile $C/chain.pem -name server \
    -passout pass:changeit -out key.tmp
for type in JKS JCEKS PKCS12; do
    case $type in JKS) to=jks/keytool17.jks;; JCEKS) to=jceks/keytool17.jceks;; *) to=pkcs12/keytool17.p12;; esac
    add -alias corp-root -file $C/root.pem -keystore $to -storetype $type
    add -alias "Zweite Wurzel ä€" -file $C/other.pem -keystore $to -storetype $type
    keytool -importkeystore -noprompt -srckeystore key.tmp -srcstorepass changeit -destkeystore $to \
        -deststoretype $type -deststorepass changeit
done
for to in jceks/keytool17.jceks pkcs12/keytool17.p12; do
    keytool -genseckey -alias secret -keyalg AES -keysize 128 -keystore $to -storepass changeit \
        -storetype "$(case $to in *.jceks) echo JCEKS;; *) echo PKCS12;; esac)"
done

# PKCS12: what Java writes, by version and setting.
add -alias corp-root -file $C/root.pem -keystore pkcs12/trust.p12
add -alias corp-root -file $C/root.pem -keystore pkcs12/java8.p12 -J-Dkeystore.pkcs12.legacy
add -alias other -file $C/other.pem -keystore pkcs12/java8.p12 -J-Dkeystore.pkcs12.legacy
add -alias corp-root -file $C/root.pem -keystore pkcs12/passwordless.p12 \
    -J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE -J-Dkeystore.pkcs12.macAlgorithm=NONE
add -alias corp-root -file $C/root.pem -keystore pkcs12/mac-only.p12 -J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE
add -alias corp-root -file $C/root.pem -keystore pkcs12/mac-sha512.p12 -J-Dkeystore.pkcs12.macAlgorithm=HmacPBESHA512 \
    -J-Dkeystore.pkcs12.certProtectionAlgorithm=PBEWithHmacSHA512AndAES_128
add -alias corp-root -file $C/root.pem -keystore pkcs12/rc4.p12 \
    -J-Dkeystore.pkcs12.certProtectionAlgorithm=PBEWithSHA1AndRC4_128
cp pkcs12/trust.p12 pkcs12/empty.p12
keytool -delete -alias corp-root -keystore pkcs12/empty.p12 -storepass changeit

# PKCS12: what OpenSSL writes.
export_p12() { openssl pkcs12 -export -passout pass:changeit "$@"; }
export_p12 -in $C/leaf.pem -inkey $C/leaf.key -certfile $C/chain.pem -out pkcs12/openssl-unnamed.p12
export_p12 -in $C/leaf.pem -inkey $C/leaf.key -certfile $C/other.pem -name Server -out pkcs12/openssl-extra.p12
export_p12 -in $C/root.pem -nokeys -out pkcs12/openssl-nokeys.p12
for pbe in PBE-SHA1-RC2-40 PBE-SHA1-RC2-128 PBE-SHA1-3DES PBE-SHA1-2DES PBE-SHA1-RC4-40 AES-128-CBC AES-192-CBC DES-EDE3-CBC; do
    export_p12 -legacy -in $C/leaf.pem -inkey $C/leaf.key -name server -certpbe $pbe -keypbe PBE-SHA1-3DES \
        -macalg sha1 -out "pkcs12/openssl-$(echo $pbe | tr A-Z a-z).p12"
done
export_p12 -in $C/leaf.pem -inkey $C/leaf.key -name server -nomac -out pkcs12/openssl-nomac.p12
export_p12 -in $C/leaf.pem -inkey $C/leaf.key -name server -certpbe NONE -keypbe NONE -out pkcs12/openssl-plain-key.p12
openssl pkcs12 -export -passout pass: -in $C/leaf.pem -inkey $C/leaf.key -name server -out pkcs12/empty-password.p12
openssl pkcs12 -export -passout pass:pässwörd -in $C/leaf.pem -inkey $C/leaf.key -name server -certpbe PBE-SHA1-3DES \
    -keypbe PBE-SHA1-3DES -legacy -out pkcs12/non-ascii-password-3des.p12
openssl pkcs12 -export -passout pass:pässwörd -in $C/leaf.pem -inkey $C/leaf.key -name server \
    -out pkcs12/non-ascii-password.p12
# What neither writes.
python3 craft.py
rm key.tmp keytool.log
