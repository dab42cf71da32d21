package dev.holdfast.spring;

import dev.holdfast.client.relay.StreamRelay;
import dev.holdfast.okhttp.HoldfastInterceptor;
import okhttp3.OkHttpClient;
import org.springframework.ai.anthropic.http.okhttp.AnthropicHttpClientBuilderCustomizer;
import org.springframework.ai.openai.http.okhttp.OpenAiHttpClientBuilderCustomizer;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Scope;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Puts the relay under the clients of Spring AI: 2.x calls OpenAI and Anthropic through the
 * vendors' SDKs over OkHttp, and every other model, as 1.x all of them, through {@link WebClient}.
 */
@AutoConfiguration(
    after = HoldfastAutoConfiguration.class,
    afterName = {
      "org.springframework.boot.autoconfigure.web.reactive.function.client.WebClientAutoConfiguration",
      "org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration"
    })
@ConditionalOnProperty(prefix = "holdfast", name = "enabled", matchIfMissing = true)
public class HoldfastClientsAutoConfiguration {
  /** Made by Spring. */
  public HoldfastClientsAutoConfiguration() {}

  /** Spring AI 2.x over openai-java. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(OpenAiHttpClientBuilderCustomizer.class)
  @ConditionalOnProperty(name = "holdfast.spring-ai.enabled", matchIfMissing = true)
  static class OpenAi {
    @Bean
    @Order(Ordered.LOWEST_PRECEDENCE)
    OpenAiHttpClientBuilderCustomizer holdfastOpenAiCustomizer(
        StreamRelay relay, ObjectProvider<OkHttpClient> base) {
      return builder -> builder.interceptor(SdkInterceptor.of(relay, base));
    }
  }

  /** Spring AI 2.x over anthropic-java. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(AnthropicHttpClientBuilderCustomizer.class)
  @ConditionalOnProperty(name = "holdfast.spring-ai.enabled", matchIfMissing = true)
  static class Anthropic {
    @Bean
    @Order(Ordered.LOWEST_PRECEDENCE)
    AnthropicHttpClientBuilderCustomizer holdfastAnthropicCustomizer(
        StreamRelay relay, ObjectProvider<OkHttpClient> base) {
      return builder -> builder.interceptor(SdkInterceptor.of(relay, base));
    }
  }

  /** Everything over {@link WebClient}. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(name = "org.springframework.web.reactive.function.client.WebClient")
  @ConditionalOnProperty(name = "holdfast.web-client.enabled", matchIfMissing = true)
  static class Reactive {
    @Bean
    static BeanPostProcessor holdfastWebClientBuilders(
        ObjectProvider<StreamRelay> relay, ObjectProvider<HoldfastProperties> properties) {
      return new WebClientBuilders(
          relay::getObject, () -> properties.getObject().timeouts().firstToken());
    }

    /** Where Spring Boot has none, Spring AI would make one that is not healed. */
    @Bean
    @Scope("prototype")
    @ConditionalOnMissingBean
    WebClient.Builder holdfastWebClientBuilder() {
      return WebClient.builder();
    }
  }

  /** Apart from the others, whose classes are read where there is no OkHttp. */
  private static final class SdkInterceptor {
    private SdkInterceptor() {}

    /**
     * {@return the interceptor} Continuations use the application's own {@link OkHttpClient}, if it
     * has one: a proxy or other certificates.
     */
    static HoldfastInterceptor of(StreamRelay relay, ObjectProvider<OkHttpClient> base) {
      return HoldfastInterceptor.create(relay, base.getIfUnique(OkHttpClient::new));
    }
  }
}
