package dev.holdfast.spring;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** One sentence for a property of {@code holdfast.*} that is wrong: "name: rule, was value". */
@Order(Ordered.HIGHEST_PRECEDENCE)
public final class PropertyFailureAnalyzer implements FailureAnalyzer {
  /** Made by Spring Boot. */
  public PropertyFailureAnalyzer() {}

  @Override
  public @Nullable FailureAnalysis analyze(Throwable failure) {
    String sentence = null;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String found = sentence(cause);
      sentence = found == null ? sentence : found; // The innermost is the nearest to the value.
    }
    return sentence == null
        ? null
        : new FailureAnalysis(
            sentence, "Correct the property; docs/drop-ins.md of Holdfast lists them.", failure);
  }

  private static @Nullable String sentence(Throwable cause) {
    return switch (cause) {
      case InvalidPropertyException invalid -> invalid.getMessage();
      case UnboundConfigurationPropertiesException unbound -> unknown(unbound);
      case BindException bind -> unreadable(bind);
      default -> null;
    };
  }

  private static @Nullable String unknown(UnboundConfigurationPropertiesException unbound) {
    return unbound.getUnboundProperties().stream()
        .map(property -> property.getName().toString())
        .filter(PropertyFailureAnalyzer::isOurs)
        .findFirst()
        .map(name -> name + ": must be a property of Holdfast, was unknown")
        .orElse(null);
  }

  private static @Nullable String unreadable(BindException bind) {
    var property = bind.getProperty();
    if (property == null || !isOurs(property.getName().toString())) {
      return null;
    }
    Class<?> type = bind.getTarget().getType().resolve(Object.class);
    return property.getName() + ": must be " + rule(type) + ", was " + property.getValue();
  }

  private static boolean isOurs(String name) {
    return name.startsWith(HoldfastProperties.PREFIX + ".");
  }

  private static String rule(Class<?> type) {
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(constant -> kebab(((Enum<?>) constant).name().toLowerCase(Locale.ROOT)))
          .collect(Collectors.joining(", ", "one of ", ""));
    }
    if (type == Duration.class) {
      return "a duration such as 30s";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    return type == double.class ? "a number" : "a whole number";
  }

  /** {@return the name as properties are written: max-delay} */
  static String kebab(String name) {
    return name.replace('_', '-').replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }
}
