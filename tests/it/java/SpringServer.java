import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.ServletWebServerFactoryAutoConfiguration;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.boot.web.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * A Spring Boot application for each argument, its application.properties, on a port of its own, which is printed. Every
 * request is answered with "hello". Ends when its input does.
 */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration(ServletWebServerFactoryAutoConfiguration.class)
public class SpringServer {
    public static void main(String[] args) throws Exception {
        for (String file : args) {
            SpringApplication application = new SpringApplication(SpringServer.class);
            application.setBannerMode(Banner.Mode.OFF);
            application.setLogStartupInfo(false);
            ServletWebServerApplicationContext context = (ServletWebServerApplicationContext) application.run(
                    "--spring.config.location=file:" + file, "--server.port=0", "--logging.level.root=warn");
            System.out.println(context.getWebServer().getPort());
        }
        System.in.read();
        System.exit(0);
    }

    @Bean
    ServletRegistrationBean<HttpServlet> hello() {
        return new ServletRegistrationBean<>(new HttpServlet() {
            @Override
            protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
                response.getWriter().print("hello\n");
            }
        }, "/*");
    }
}
