package dev.holdfast.testkit.junit;

import dev.holdfast.testkit.scenario.Scenario;
import dev.holdfast.testkit.server.FaultServer;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Starts the servers that {@link Faults} asks for, and closes them with what asked for them. */
final class FaultServerExtension
    implements BeforeAllCallback, BeforeEachCallback, ParameterResolver {
  private static final ExtensionContext.Namespace SERVERS =
      ExtensionContext.Namespace.create(FaultServerExtension.class);
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  @Override
  public void beforeAll(ExtensionContext context) {
    fill(context.getRequiredTestClass(), null, context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    for (Object instance : context.getRequiredTestInstances().getAllInstances()) {
      fill(instance.getClass(), instance, context);
    }
  }

  /** Gives each field its server, once: several fields register this extension several times. */
  private static void fill(Class<?> type, @Nullable Object instance, ExtensionContext context) {
    for (Class<?> at = type; at != null && at != Object.class; at = at.getSuperclass()) {
      for (Field field : at.getDeclaredFields()) {
        var asked = field.getAnnotation(Faults.class);
        if (asked != null && Modifier.isStatic(field.getModifiers()) == (instance == null)) {
          fill(field, asked, instance, context);
        }
      }
    }
  }

  private static void fill(
      Field field, Faults asked, @Nullable Object instance, ExtensionContext context) {
    if (field.getType() != FaultServer.class || Modifier.isFinal(field.getModifiers())) {
      throw new ExtensionConfigurationException(
          "@Faults: must be on a field of type FaultServer that is not final, was " + field);
    }
    // Instances of a class differ from test to test by default.
    String key = field + (instance == null ? "" : "@" + System.identityHashCode(instance));
    var server =
        context
            .getStore(SERVERS)
            .computeIfAbsent(
                key + context.getUniqueId(), unused -> start(asked), FaultServer.class);
    try {
      field.setAccessible(true);
      field.set(instance, server);
    } catch (ReflectiveOperationException e) {
      throw new ExtensionConfigurationException(
          "@Faults: must be on a field that JUnit may set, was " + field, e);
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.isAnnotated(Faults.class)
        && parameter.getParameter().getType() == FaultServer.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    var asked =
        parameter
            .findAnnotation(Faults.class)
            .orElseThrow(() -> new IllegalStateException("@Faults: must be present"));
    var server = start(asked);
    // What the store holds it closes when the test is over.
    context.getStore(SERVERS).put(NUMBERS.incrementAndGet(), server);
    return server;
  }

  private static FaultServer start(Faults asked) {
    var builder = FaultServer.builder().scenario(scenario(asked));
    return asked.virtualTime() ? builder.virtualTime().start() : builder.start();
  }

  private static Scenario scenario(Faults asked) {
    if (!asked.scenario().isEmpty()) {
      if (asked.value().length > 0 || !asked.answer().isEmpty() || asked.seed() != 0) {
        throw new ExtensionConfigurationException(
            "@Faults: must have either a scenario or its parts, was " + asked);
      }
      return Scenario.load(Path.of(asked.scenario()));
    }
    var scenario = Scenario.builder().seed(asked.seed());
    if (!asked.answer().isEmpty()) {
      scenario.answer(asked.answer());
    }
    for (String specs : asked.value()) {
      scenario.attempt(specs);
    }
    return scenario.build();
  }
}
