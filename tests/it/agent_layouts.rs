//! Products as they are laid out on a disk, each with its traps, and what is to be told of them.

/// One product as it is laid out, and what is to be told of it.
pub(crate) struct Layout {
    /// The profile.
    pub(crate) name: &'static str,
    /// Folders with a runtime in them.
    pub(crate) runtimes: &'static [&'static str],
    /// Files and what is in them; `-> TARGET` is a link, [`STORE`] a store.
    pub(crate) files: &'static [(&'static str, &'static str)],
    /// Its folder.
    pub(crate) prefix: &'static str,
    /// The store that it reads, and the reason; none for what is not Java.
    pub(crate) store: Option<(&'static str, &'static str)>,
    /// Codes of what is wrong, with the line if it is one's.
    pub(crate) codes: &'static [(&'static str, Option<u64>)],
}

/// Stands for the octets of the runtime's own store.
pub(crate) const STORE: &str = "= cacerts";

pub(crate) const OPP: &str = "okta-provisioning-agent";
/// A configuration as the agent keeps it, with what nobody else should see.
const OPP_CONF: &str =
    "orgUrl = https://corp.okta.com\nagentKey = s3cret-1\nkeystoreKey = s3cret-2\nallowHttp = true\n";

pub(crate) const LAYOUTS: &[Layout] = &[
    Layout {
        name: OPP,
        runtimes: &["opt/OktaProvisioningAgent/jre"],
        files: &[
            ("opt/OktaProvisioningAgent/conf/OktaProvisioningAgent.conf", OPP_CONF),
            (
                "opt/OktaProvisioningAgent/conf/settings.conf",
                "# from the vendor's page\nJAVA_OPTS=\"-Xmx4096m -Dhttps.protocols=TLSv1.2\"\n",
            ),
        ],
        prefix: "/opt/OktaProvisioningAgent",
        store: Some(("/opt/OktaProvisioningAgent/jre/lib/security/cacerts", "cacerts")),
        codes: &[("http-allowed", Some(4)), ("option-protocols-narrow", None)],
    },
    Layout {
        name: OPP,
        runtimes: &["opt/OktaProvisioningAgent/jre/jre"],
        files: &[
            ("opt/OktaProvisioningAgent/OktaProvisioningAgent", "#!/bin/sh\n"),
            ("opt/OktaProvisioningAgent/jre/jre/lib/security/jssecacerts", "old"),
            (
                "opt/OktaProvisioningAgent/conf/settings.conf",
                "JAVA_OPTS=\"-Xmx4096m Dhttps.protocols=TLSv1.2,TLSv1.3\nSECRET=\"s3cret-3\"\n",
            ),
        ],
        prefix: "/opt/OktaProvisioningAgent",
        store: Some(("/opt/OktaProvisioningAgent/jre/jre/lib/security/jssecacerts", "jssecacerts")),
        codes: &[
            ("option-quote-missing", Some(1)),
            ("option-without-dash", Some(1)),
            ("store-shadowed", None),
            ("store-unreadable", None),
        ],
    },
    // A package that was put elsewhere: only its service tells.
    Layout {
        name: OPP,
        runtimes: &["apps/idm/agents/okta/jre"],
        files: &[
            ("apps/idm/agents/okta/conf/OktaProvisioningAgent.conf", "agentKey = s3cret-4\n"),
            ("etc/init.d/OktaProvisioningAgent", "#!/bin/sh\nAGENT_HOME=\"/apps/idm/agents/okta\"\n"),
            (
                "apps/idm/agents/okta/conf/settings.conf",
                "JAVA_OPTS=\"-Djavax.net.ssl.trustStore=/etc/pki/gone.jks -Dcorp.token=s3cret-5\"\n",
            ),
        ],
        prefix: "/apps/idm/agents/okta",
        store: Some(("/apps/idm/agents/okta/jre/lib/security/cacerts", "option-names-nothing")),
        codes: &[("store-missing", None)],
    },
    Layout {
        name: OPP,
        runtimes: &["Program Files/Okta/On-Premises Provisioning Agent/current/jre"],
        files: &[(
            "Program Files/Okta/On-Premises Provisioning Agent/current/user/config/ProvisioningAgent/agent.config",
            "allowHttp = TRUE\nproxyPassword = s3cret-6\n",
        )],
        prefix: "/Program Files/Okta/On-Premises Provisioning Agent/current",
        store: Some((
            "/Program Files/Okta/On-Premises Provisioning Agent/current/jre/lib/security/cacerts",
            "cacerts",
        )),
        codes: &[("http-allowed", Some(1))],
    },
    Layout {
        name: OPP,
        runtimes: &[],
        files: &[
            ("Program Files/Okta/OktaProvisioningAgent/current/agent.config", ""),
            ("Program Files/Okta/OktaProvisioningAgent/current/jre/lib/security/blocked.certs", ""),
        ],
        prefix: "/Program Files/Okta/OktaProvisioningAgent/current",
        store: Some((
            "/Program Files/Okta/OktaProvisioningAgent/current/jre/lib/security/cacerts",
            "cacerts",
        )),
        codes: &[("store-missing", None)],
    },
    Layout {
        name: "okta-ldap-agent",
        runtimes: &["usr/lib/jvm/java-17"],
        files: &[
            ("opt/Okta/OktaLDAPAgent/conf/OktaLDAPAgent.conf", "sslPinningEnabled=false\n"),
            ("opt/Okta/OktaLDAPAgent/jre", "-> /usr/lib/jvm/java-17"),
        ],
        prefix: "/opt/Okta/OktaLDAPAgent",
        store: Some(("/opt/Okta/OktaLDAPAgent/jre/lib/security/cacerts", "cacerts")),
        codes: &[("trusts-everybody", Some(1)), ("store-linked", None)],
    },
    Layout {
        name: "okta-scim-server",
        runtimes: &["usr/lib/jvm/java-21"],
        files: &[
            ("opt/OktaOnPremScimServer/bin/Get-OktaOnPremScimServer-Credentials.sh", ""),
            ("usr/lib/jvm/java-21/bin/java", ""),
            ("etc/alternatives/java", "-> /usr/lib/jvm/java-21/bin/java"),
            ("usr/bin/java", "-> ../../etc/alternatives/java"),
            ("etc/pki/java/cacerts", STORE),
            ("usr/lib/jvm/java-21/lib/security/cacerts", "-> /etc/pki/java/cacerts"),
        ],
        prefix: "/opt/OktaOnPremScimServer",
        store: Some(("/usr/lib/jvm/java-21/lib/security/cacerts", "cacerts")),
        codes: &[("store-linked", None)],
    },
    Layout {
        name: "okta-radius-agent",
        runtimes: &["Program Files (x86)/Okta/Okta RADIUS Agent/current/jre"],
        files: &[("Program Files (x86)/Okta/Okta RADIUS Agent/current/user/config/log4j2.xml", "")],
        prefix: "/Program Files (x86)/Okta/Okta RADIUS Agent/current",
        store: Some((
            "/Program Files (x86)/Okta/Okta RADIUS Agent/current/jre/lib/security/cacerts",
            "cacerts",
        )),
        codes: &[],
    },
    Layout {
        name: "okta-ad-agent",
        runtimes: &[],
        files: &[("Program Files (x86)/Okta/Okta AD Agent/OktaAgentService.exe.config", "<x/>")],
        prefix: "/Program Files (x86)/Okta/Okta AD Agent",
        store: None,
        codes: &[("trust-not-java", None)],
    },
    Layout {
        name: "sailpoint-va",
        runtimes: &[],
        files: &[
            ("home/sailpoint/certificates/corp.pem", ""),
            ("home/sailpoint/config.yaml", "org: corp\ntrustAllCert: true\nkeyPassphrase: s3cret-7\n"),
        ],
        prefix: "/home/sailpoint",
        store: None,
        codes: &[("trusts-everybody", Some(2)), ("trust-in-folder", None)],
    },
    Layout {
        name: "jenkins",
        runtimes: &["opt/jdk"],
        files: &[
            ("usr/share/java/jenkins.war", ""),
            ("usr/lib/systemd/system/jenkins.service", "[Service]\nEnvironment=\"JAVA_OPTS=-Da=b\"\n"),
            (
                "etc/systemd/system/jenkins.service.d/override.conf",
                "[Service]\nEnvironment=\"JAVA_HOME=/opt/jdk\"\n\
                 Environment=\"JAVA_OPTS=-Djavax.net.ssl.trustStore=/var/lib/jenkins/trust.p12\"\n",
            ),
            ("var/lib/jenkins/trust.p12", STORE),
        ],
        prefix: "/usr/share/java",
        store: Some(("/var/lib/jenkins/trust.p12", "option")),
        codes: &[],
    },
    Layout {
        name: "sonarqube",
        runtimes: &["opt/java/openjdk"],
        files: &[(
            "opt/sonarqube/conf/sonar.properties",
            "sonar.jdbc.password=s3cret-8\nsonar.web.javaOpts=-Xmx512m Djavax.net.ssl.trustStore=/x\n",
        )],
        prefix: "/opt/sonarqube",
        store: Some(("/opt/java/openjdk/lib/security/cacerts", "cacerts")),
        codes: &[("option-without-dash", Some(2))],
    },
    Layout {
        name: "sonar-scanner",
        runtimes: &[],
        files: &[("home/ci/.sonar/ssl/truststore.p12", "x")],
        prefix: "/home/ci/.sonar",
        store: Some(("/home/ci/.sonar/ssl/truststore.p12", "product")),
        codes: &[],
    },
    Layout {
        name: "jira",
        runtimes: &["opt/atlassian/jira/jre"],
        files: &[
            ("opt/atlassian/jira/atlassian-jira/WEB-INF/web.xml", ""),
            (
                "opt/atlassian/jira/bin/setenv.sh",
                "JVM_SUPPORT_RECOMMENDED_ARGS=\"-Djavax.net.ssl.trustStore=/data/one.jks\"\n\
                 export JAVA_OPTS=\"-Xms1g ${JAVA_OPTS} \\\n  -Djavax.net.ssl.trustStore=/data/two.jks\"\n",
            ),
            ("data/one.jks", "x"),
            ("data/two.jks", STORE),
        ],
        prefix: "/opt/atlassian/jira",
        store: Some(("/data/two.jks", "option")),
        codes: &[("option-overridden", None)],
    },
    Layout {
        name: "confluence",
        runtimes: &["opt/atlassian/confluence/jre"],
        files: &[("opt/atlassian/confluence/confluence/WEB-INF/web.xml", "")],
        prefix: "/opt/atlassian/confluence",
        store: Some(("/opt/atlassian/confluence/jre/lib/security/cacerts", "cacerts")),
        codes: &[],
    },
    Layout {
        name: "bitbucket",
        runtimes: &["opt/atlassian/bitbucket/8.19.1/jre"],
        files: &[("opt/atlassian/bitbucket/8.19.1/bin/_start-webapp.sh", "JAVA_OPTS=\"-Da=b\"\n")],
        prefix: "/opt/atlassian/bitbucket/8.19.1",
        store: Some(("/opt/atlassian/bitbucket/8.19.1/jre/lib/security/cacerts", "cacerts")),
        codes: &[],
    },
    Layout {
        name: "keycloak",
        runtimes: &["opt/java/openjdk"],
        files: &[
            (
                "opt/keycloak/conf/keycloak.conf",
                "db-password=s3cret-9\nspi-truststore-file-file=conf/trust.jks\n",
            ),
            ("opt/keycloak/conf/trust.jks", "x"),
        ],
        prefix: "/opt/keycloak",
        store: Some(("/opt/keycloak/conf/trust.jks", "configuration")),
        codes: &[],
    },
    Layout {
        name: "tomcat",
        runtimes: &["opt/jdk-17"],
        files: &[
            ("opt/tomcat/bin/catalina.sh", ""),
            (
                "opt/tomcat/bin/setenv.sh",
                "export JAVA_HOME=/opt/jdk-17\nCATALINA_OPTS='-Dhttps.protocols=TLSv1.2'\n",
            ),
        ],
        prefix: "/opt/tomcat",
        store: Some(("/opt/jdk-17/lib/security/cacerts", "cacerts")),
        codes: &[("option-protocols-narrow", None)],
    },
    // Where only its unit leads to.
    Layout {
        name: "tomcat",
        runtimes: &["opt/jdk-17"],
        files: &[
            ("srv/tc/bin/catalina.sh", ""),
            (
                "etc/systemd/system/tomcat.service",
                "[Service]\nEnvironment=JAVA_HOME=/opt/jdk-17\nExecStart=/srv/tc/bin/startup.sh\n",
            ),
        ],
        prefix: "/srv/tc",
        store: Some(("/opt/jdk-17/lib/security/cacerts", "cacerts")),
        codes: &[],
    },
    Layout {
        name: "gradle",
        runtimes: &["opt/jdk-21"],
        files: &[
            (
                "home/dev/.gradle/gradle.properties",
                "org.gradle.java.home=/opt/jdk-21\nsystemProp.javax.net.ssl.trustStore=/home/dev/t.p12\n\
                 systemProp.javax.net.ssl.trustStorePassword=s3cret-10\n",
            ),
            ("home/dev/t.p12", "x"),
        ],
        prefix: "/home/dev/.gradle",
        store: Some(("/home/dev/t.p12", "option")),
        codes: &[("store-unreadable", None)],
    },
    Layout {
        name: "intellij",
        runtimes: &["opt/idea-IU-243/jbr"],
        files: &[("opt/idea-IU-243/bin/idea64.vmoptions", "-Xmx2g\n# -Dno=1\n")],
        prefix: "/opt/idea-IU-243",
        store: Some(("/opt/idea-IU-243/jbr/lib/security/cacerts", "cacerts")),
        codes: &[],
    },
    Layout {
        name: "kafka",
        runtimes: &["opt/java/openjdk"],
        files: &[
            (
                "opt/kafka/config/connect-distributed.properties",
                "ssl.truststore.location=/etc/kafka/trust.jks\nssl.truststore.password=s3cret-11\n",
            ),
            ("etc/kafka/trust.jks", "x"),
        ],
        prefix: "/opt/kafka",
        store: Some(("/etc/kafka/trust.jks", "configuration")),
        codes: &[],
    },
    Layout {
        name: "elasticsearch",
        runtimes: &["usr/share/elasticsearch/jdk"],
        files: &[
            ("usr/share/elasticsearch/bin/elasticsearch", ""),
            (
                "etc/elasticsearch/jvm.options",
                "-Xms1g\n8:-Djavax.net.ssl.trustStore=/old.jks\n9-:-Djavax.net.ssl.trustStore=/etc/elasticsearch/t.p12\n",
            ),
            ("etc/elasticsearch/t.p12", STORE),
        ],
        prefix: "/usr/share/elasticsearch",
        store: Some(("/etc/elasticsearch/t.p12", "option")),
        codes: &[],
    },
    Layout {
        name: "logstash",
        runtimes: &["usr/share/logstash/jdk"],
        files: &[
            ("usr/share/logstash/bin/logstash", ""),
            ("etc/default/logstash", "LS_JAVA_OPTS=\"-Djavax.net.ssl.trustStore=/etc/l.jks\"\n"),
            ("etc/l.jks", STORE),
        ],
        prefix: "/usr/share/logstash",
        store: Some(("/etc/l.jks", "option")),
        codes: &[],
    },
    Layout {
        name: "temurin-container",
        runtimes: &["opt/java/openjdk"],
        files: &[("opt/java/openjdk/bin/java", "")],
        prefix: "/opt/java/openjdk",
        store: Some(("/opt/java/openjdk/lib/security/cacerts", "cacerts")),
        codes: &[],
    },
    Layout {
        name: "java",
        runtimes: &["usr/lib/jvm/jdk8/jre"],
        files: &[("usr/lib/jvm/jdk8/bin/java", ""), ("usr/lib/jvm/jdk8/jre/bin/java", "")],
        prefix: "/usr/lib/jvm/jdk8",
        store: Some(("/usr/lib/jvm/jdk8/jre/lib/security/cacerts", "cacerts")),
        codes: &[],
    },
];
