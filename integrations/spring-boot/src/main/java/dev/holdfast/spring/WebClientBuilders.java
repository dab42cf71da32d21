package dev.holdfast.spring;

import dev.holdfast.client.relay.StreamRelay;
import java.time.Duration;
import java.util.function.Supplier;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.web.reactive.function.client.WebClient;

/** Adds the filter to every bean that builds web clients, once. */
record WebClientBuilders(Supplier<StreamRelay> relay, Supplier<Duration> headTimeout)
    implements BeanPostProcessor {
  @Override
  public Object postProcessAfterInitialization(Object bean, String beanName) {
    if (bean instanceof WebClient.Builder builder) {
      builder.filters(filters -> {
        if (filters.stream().noneMatch(HoldfastExchangeFilter.class::isInstance)) {
          filters.add(new HoldfastExchangeFilter(relay, headTimeout));
        }
      });
    }
    return bean;
  }
}
