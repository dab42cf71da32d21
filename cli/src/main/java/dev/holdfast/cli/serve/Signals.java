package dev.holdfast.cli.serve;

import dev.holdfast.cli.terminal.Terminal;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * SIGHUP, and SIGTERM and SIGINT: of these the first one asks for an orderly end, the second ends
 * the process. The JVM runs its shutdown hooks once and ignores a second signal meanwhile, so both
 * are taken away from it. The JDK's class for that is {@code sun.misc.Signal}, of the supported
 * module {@code jdk.unsupported}; javac warns of its name in a way that cannot be suppressed.
 */
final class Signals {
  private static final int KILLED = 128;
  private static final Map<String, Integer> NUMBERS = Map.of("TERM", 15, "INT", 2);

  private Signals() {}

  /**
   * {@return what {@code work} returns} The first signal runs {@code first} on a thread.
   *
   * @param hangUp runs on a thread at each SIGHUP; null to let that end the process
   */
  static <T> T handled(Runnable first, @Nullable Runnable hangUp, Terminal.Work<T> work)
      throws InterruptedException {
    var before = new LinkedHashMap<String, @Nullable Object>();
    var count = new AtomicInteger();
    try {
      for (String name : List.of("TERM", "INT")) {
        before.put(
            name,
            install(
                name,
                () -> {
                  if (count.incrementAndGet() == 1) {
                    Thread.ofPlatform().name("holdfast-drain").daemon().start(first);
                  } else {
                    Runtime.getRuntime().halt(KILLED + NUMBERS.getOrDefault(name, 0));
                  }
                }));
      }
      if (hangUp != null) {
        Runnable reload = () -> Thread.ofPlatform().name("holdfast-reload").daemon().start(hangUp);
        before.put("HUP", install("HUP", reload));
      }
    } catch (ReflectiveOperationException e) {
      return Terminal.abortable(first, work); // A JVM of another kind: one signal only.
    }
    try {
      return work.run();
    } finally {
      before.forEach(Signals::restore);
    }
  }

  private static @Nullable Object install(String name, Runnable action)
      throws ReflectiveOperationException {
    Class<?> type = Class.forName("sun.misc.SignalHandler");
    Object handler =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              return switch (method.getName()) {
                case "handle" -> {
                  action.run();
                  yield null;
                }
                case "hashCode" -> name.hashCode();
                case "equals" -> false; // Never compared.
                default -> name;
              };
            });
    return handle(name, handler);
  }

  private static void restore(String name, @Nullable Object before) {
    try {
      Object unused = handle(name, before);
    } catch (ReflectiveOperationException e) {
      // The process ends with this command, either way.
    }
  }

  private static @Nullable Object handle(String name, @Nullable Object handler)
      throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Class<?> type = Class.forName("sun.misc.SignalHandler");
    return signal
        .getMethod("handle", signal, type)
        .invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
  }
}
