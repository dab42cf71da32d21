package dev.holdfast.gateway.shared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.SharedState;
import dev.holdfast.gateway.config.SharedConfig;
import java.lang.reflect.Proxy;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the log has of an outage of Redis. */
final class SharedLinkTest {
  private final Logger logger = Logger.getLogger(SharedLink.class.getName());

  private static SharedLink link() {
    var state =
        (SharedState)
            Proxy.newProxyInstance(
                SharedLinkTest.class.getClassLoader(),
                new Class<?>[] {SharedState.class},
                (proxy, method, arguments) -> {
                  throw new AssertionError("is not asked");
                });
    return new SharedLink(state, SharedConfig.DEFAULT);
  }

  private List<String> logged(Runnable action) {
    var lines = new ArrayList<String>();
    var handler =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            lines.add(record.getLevel() + " " + record.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    var before = logger.getLevel();
    logger.setLevel(Level.INFO);
    logger.setUseParentHandlers(false);
    logger.addHandler(handler);
    try {
      action.run();
    } finally {
      logger.removeHandler(handler);
      logger.setLevel(before);
      logger.setUseParentHandlers(true);
    }
    return lines;
  }

  static List<Object[]> failures() {
    return List.of(
        new Object[] {
          new CompletionException(new CompletionException(new ConnectException("refused"))),
          "refused"
        },
        new Object[] {new CompletionException(new TimeoutException()), "TimeoutException"},
        new Object[] {new CompletionException("closed", null), "closed"});
  }

  @ParameterizedTest
  @MethodSource("failures")
  void anOutageIsLoggedWithItsReason(Throwable failure, String reason) {
    var link = link();
    assertThat(logged(() -> link.lost(failure)))
        .containsExactly(
            "WARNING shared state: Redis does not answer ("
                + reason
                + "); limits open, identical open, upstreams open, affinity open");
  }

  @Test
  void itsEndIsLoggedOnce() {
    var link = link();
    link.lost(new TimeoutException());
    assertThat(
            logged(() -> {
              link.found();
              link.found();
            }))
        .containsExactly("INFO shared state: Redis answers again");
  }
}
