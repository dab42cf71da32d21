package dev.holdfast.gateway.durable;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.testkit.journal.MemoryJournal;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Appends that the journal refuses. */
@Timeout(120)
class RefusedAppendTest {
  private final AtomicInteger fences = new AtomicInteger();

  private Journal counting(Journal journal) {
    return (Journal)
        Proxy.newProxyInstance(
            Journal.class.getClassLoader(),
            new Class<?>[] {Journal.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("fence")) {
                fences.incrementAndGet();
              }
              try {
                return method.invoke(journal, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Test
  void aRefusedAppendWritesNothing() throws Exception {
    var limits = new JournalLimits(4 << 10, 1 << 20, 1 << 20, 100, 4 << 10);
    var journal = new MemoryJournal(System::currentTimeMillis, limits);
    var config =
        GatewayConfig.DEFAULT
            .listeningAt(GatewayConfig.DEFAULT.listen().address(), 0, 0)
            .withDrain(Duration.ZERO);
    try (var gateway =
            Gateway.builder(config)
                .durableStreams(Served.QUICK, counting(journal))
                .threads(1)
                .start();
        var client = HttpClient.newHttpClient()) {
      var url = gateway.uri().resolve("/v1/stream/s");
      assertThat(send(client, "PUT", url, "").statusCode()).isEqualTo(201);
      assertThat(send(client, "POST", url, "one ").statusCode()).isEqualTo(204);
      for (int i = 0; i < 5; i++) {
        assertThat(send(client, "POST", url, "x".repeat(8 << 10)).statusCode()).isEqualTo(507);
      }
      assertThat(send(client, "POST", url, "two").statusCode()).isEqualTo(204);
      assertThat(send(client, "GET", url, "").body()).isEqualTo("one two");
      assertThat(fences).hasValue(0);
    }
  }

  @Test
  void aSubscriptionThatTheJournalRefusesIsAskedForLater() throws Exception {
    var held = new HeldJournal(new MemoryJournal(System::currentTimeMillis));
    var config =
        GatewayConfig.DEFAULT
            .listeningAt(GatewayConfig.DEFAULT.listen().address(), 0, 0)
            .withDrain(Duration.ZERO);
    try (var gateway =
            Gateway.builder(config).durableStreams(Served.QUICK, held.journal).threads(1).start();
        var client = HttpClient.newHttpClient()) {
      var url = gateway.uri().resolve("/v1/stream/__ds/subscriptions/s");
      String body = "{\"type\":\"pull-wake\",\"pattern\":\"*\",\"wake_stream\":\"w\"}";
      held.refused.put("create", JournalRefusal.Reason.FULL);
      var refused = send(client, "PUT", url, body);
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.body()).contains("JOURNAL_BUSY");
      held.refused.clear();
      assertThat(send(client, "PUT", url, body).statusCode()).isEqualTo(201);
    }
  }

  private static HttpResponse<String> send(HttpClient client, String method, URI url, String body)
      throws Exception {
    var request =
        HttpRequest.newBuilder(url)
            .header("Content-Type", "text/plain")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }
}
