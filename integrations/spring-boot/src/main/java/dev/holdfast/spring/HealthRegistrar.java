package dev.holdfast.spring;

import dev.holdfast.observe.StreamMonitor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.util.ClassUtils;

/**
 * Registers the health indicator {@code holdfast}. Its interface has moved between Spring Boot 3
 * and 4 and is otherwise the same, so that the one that is there is implemented.
 */
final class HealthRegistrar implements ImportBeanDefinitionRegistrar {
  private static final List<String> PACKAGES =
      List.of(
          "org.springframework.boot.health.contributor.",
          "org.springframework.boot.actuate.health.");

  private final Environment environment;
  private final BeanFactory beans;

  /** Made by Spring. */
  HealthRegistrar(Environment environment, BeanFactory beans) {
    this.environment = environment;
    this.beans = beans;
  }

  @Override
  public void registerBeanDefinitions(
      AnnotationMetadata importing, BeanDefinitionRegistry registry) {
    var loader = HealthRegistrar.class.getClassLoader();
    if (!isEnabled()) {
      return;
    }
    for (String name : PACKAGES) {
      if (ClassUtils.isPresent(name + "HealthIndicator", loader)) {
        register(registry, ClassUtils.resolveClassName(name + "HealthIndicator", loader), name);
        return;
      }
    }
  }

  private boolean isEnabled() {
    boolean defaults =
        environment.getProperty("management.health.defaults.enabled", Boolean.class, true);
    return environment.getProperty("management.health.holdfast.enabled", Boolean.class, defaults);
  }

  private <T> void register(BeanDefinitionRegistry registry, Class<T> type, String where) {
    var health = ClassUtils.resolveClassName(where + "Health", type.getClassLoader());
    var definition = new RootBeanDefinition();
    definition.setBeanClass(type);
    definition.setInstanceSupplier(() ->
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            new Indicator(
                health,
                beans.getBean(StreamMonitor.class),
                beans.getBean(HoldfastProperties.class).health())));
    registry.registerBeanDefinition("holdfastHealthIndicator", definition);
  }

  /** Reports the streams of the last five minutes. */
  private record Indicator(Class<?> health, StreamMonitor monitor, HoldfastProperties.Health limits)
      implements InvocationHandler {
    private static final Duration WINDOW = Duration.ofMinutes(5);

    @Override
    @SuppressWarnings("ReferenceEquality") // A proxy equals itself alone.
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
        throws Throwable {
      if (method.isDefault()) {
        return InvocationHandler.invokeDefault(proxy, method, arguments);
      }
      return switch (method.getName()) {
        case "health" -> judged();
        case "hashCode" -> System.identityHashCode(proxy);
        case "equals" -> proxy == Objects.requireNonNull(arguments)[0];
        default -> "HoldfastHealthIndicator";
      };
    }

    private Object judged() throws ReflectiveOperationException {
      var report = monitor.getHealthReport();
      var window = report.window(WINDOW);
      long ended = window.successful() + window.truncated() + window.failed();
      boolean down =
          ended >= limits.minStreams() && window.successRate().orElse(1) < limits.minSuccessRate();
      Object builder = health.getMethod(down ? "down" : "up").invoke(null);
      Map<String, Object> details =
          Map.of(
              "active", report.active(),
              "minutes", WINDOW.toMinutes(),
              "successful", window.successful(),
              "truncated", window.truncated(),
              "failed", window.failed(),
              "cancelled", window.cancelled(),
              "recoveries", window.recoveries());
      var type = builder.getClass();
      type.getMethod("withDetails", Map.class).invoke(builder, details);
      return type.getMethod("build").invoke(builder);
    }
  }
}
