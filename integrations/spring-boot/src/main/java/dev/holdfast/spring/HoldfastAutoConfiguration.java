package dev.holdfast.spring;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.relay.StreamRelay;
import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.observe.StreamMonitor;
import dev.holdfast.observe.dashboard.Dashboard;
import dev.holdfast.observe.metrics.MicrometerObserver;
import dev.holdfast.observe.server.MonitorServer;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Scope;

/**
 * The relay that drop-ins use, a builder of clients, the monitor, meters and health. Each bean
 * gives way to one of the application's.
 */
@AutoConfiguration(
    afterName = {
      "org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration",
      "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration"
    })
@ConditionalOnProperty(prefix = "holdfast", name = "enabled", matchIfMissing = true)
@EnableConfigurationProperties(HoldfastProperties.class)
public class HoldfastAutoConfiguration {
  private static final System.Logger LOGGER = System.getLogger("dev.holdfast.spring");

  /** Made by Spring. */
  public HoldfastAutoConfiguration() {}

  /** {@return what makes answers whole under the application's clients} */
  @Bean
  @ConditionalOnMissingBean
  public StreamRelay holdfastStreamRelay(
      HoldfastProperties properties, ObjectProvider<StreamObserver> observers) {
    var relay =
        StreamRelay.builder()
            .policy(properties.policy())
            .warnings(sentence -> LOGGER.log(System.Logger.Level.WARNING, sentence));
    observers.orderedStream().forEach(relay::observer);
    return relay.build();
  }

  /**
   * {@return a new builder for each use, with the policy, the observers and the journal, if any}
   */
  @Bean
  @Scope("prototype")
  @ConditionalOnMissingBean
  public Holdfast.Builder holdfastBuilder(
      HoldfastProperties properties,
      ObjectProvider<StreamObserver> observers,
      ObjectProvider<Journal> journal) {
    var builder = Holdfast.builder().policy(properties.policy());
    observers.orderedStream().forEach(builder::observer);
    journal.ifAvailable(builder::journal);
    return builder;
  }

  /** {@return the monitor of all streams} */
  @Bean
  @ConditionalOnMissingBean
  public StreamMonitor holdfastMonitor(HoldfastProperties properties) {
    return new StreamMonitor(properties.monitor().finished());
  }

  /** {@return the dashboard's server, on the loopback address} */
  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean
  @ConditionalOnProperty("holdfast.monitor.port")
  public MonitorServer holdfastMonitorServer(HoldfastProperties properties, StreamMonitor monitor) {
    var port = properties.monitor().port();
    return MonitorServer.builder(monitor)
        .port(port == null ? 0 : port)
        .route(new Dashboard())
        .start();
  }

  /** Meters, where there is a registry of them. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(MeterRegistry.class)
  static class Meters {
    @Bean
    @ConditionalOnBean(MeterRegistry.class)
    @ConditionalOnMissingBean
    MicrometerObserver holdfastMicrometerObserver(MeterRegistry registry) {
      return new MicrometerObserver(registry);
    }
  }

  /** Health and the endpoint, where there is an actuator. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(name = "org.springframework.boot.actuate.endpoint.annotation.Endpoint")
  @Import(HealthRegistrar.class)
  static class Actuator {
    @Bean
    @ConditionalOnMissingBean
    HoldfastEndpoint holdfastEndpoint(StreamMonitor monitor, ObjectProvider<MonitorServer> server) {
      return new HoldfastEndpoint(monitor, server.getIfAvailable());
    }
  }
}
