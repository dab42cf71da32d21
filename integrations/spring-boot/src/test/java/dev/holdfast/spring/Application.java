package dev.holdfast.spring;

import dev.holdfast.testkit.server.FaultServer;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** An application without a line about Holdfast. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class Application {
  /** Whether Spring AI calls OpenAI and Anthropic through their SDKs, as it does since 2. */
  static final boolean SDKS =
      isPresent("org.springframework.ai.openai.http.okhttp.OpenAiHttpClientBuilderCustomizer");

  private static boolean isPresent(String type) {
    try {
      Class.forName(type, false, Application.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /** {@return an application without a web server whose model is at the given one} */
  static ConfigurableApplicationContext start(
      String provider, FaultServer server, String... properties) {
    String root = server.baseUrl().toString().replaceFirst("/v1/?$", "");
    var all = new ArrayList<>(List.of(properties));
    all.add("spring.ai.model.chat=" + provider);
    all.add("spring.ai.openai.base-url=" + root + (SDKS ? "/v1" : ""));
    all.add("spring.ai.anthropic.base-url=" + root);
    all.add("spring.ai.openai.max-retries=2");
    all.add("spring.ai.anthropic.max-retries=2");
    return builder(WebApplicationType.NONE, all).run();
  }

  /** {@return an application that is not started} */
  public static SpringApplicationBuilder builder(WebApplicationType type, List<String> properties) {
    var all = new ArrayList<>(properties);
    all.add("spring.main.banner-mode=off");
    all.add("spring.main.lazy-initialization=true");
    // Reactor's threads wait two seconds for more work before a context is closed. Without a wait
    // one may end before its closer has asked for a notice, which then waits for ever.
    all.add("spring.reactor.netty.shutdown-quiet-period=100ms");
    all.add("logging.level.root=error");
    all.add("logging.level.org.springframework=off");
    for (String kind : List.of("embedding", "image", "moderation", "audio.speech")) {
      all.add("spring.ai.model." + kind + "=none");
    }
    all.add("spring.ai.model.audio.transcription=none");
    for (String provider : List.of("openai", "anthropic")) {
      String chat = "spring.ai." + provider + ".chat.";
      all.add("spring.ai." + provider + ".api-key=key");
      for (String prefix : List.of(chat, chat + "options.")) {
        all.add(prefix + "temperature=0");
        all.add(prefix + "model=" + (provider.equals("openai") ? "gpt-4.1" : "claude-sonnet-4-5"));
      }
    }
    return new SpringApplicationBuilder(Application.class)
        .web(type)
        .registerShutdownHook(false)
        .properties(all.toArray(String[]::new));
  }
}
