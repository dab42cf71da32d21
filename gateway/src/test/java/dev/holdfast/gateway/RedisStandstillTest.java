package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.JournalPlace;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.journal.RedisProcess;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A Redis that stands still, with its connections open, holds up only what needs it. */
@Tag("slow")
@Timeout(100)
final class RedisStandstillTest {
  /** Each waits two seconds for Redis: one after another they outlast the test. */
  private static final int REPETITIONS = 60;

  private static final String CHAT = "/v1/chat/completions";
  private static final String PLAIN = "{\"model\":\"m\",\"max_tokens\":10}";
  private static final String ALONE = "holdfast_gateway_shared_alone_total{kind=\"identical\"} ";

  @TempDir private Path directory;
  private final Semaphore go = new Semaphore(0);

  @BeforeAll
  static void needsRedis() {
    JournalRig.assumeRedis();
  }

  private void reply(String request, Socket connection) throws IOException, InterruptedException {
    if (request.contains("\"stream\"")) {
      String head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
      write(connection, head + JournalStage.FIRST + JournalStage.LAST);
    } else {
      write(connection, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nfirst ");
      go.acquire();
      write(connection, "second");
    }
    connection.shutdownOutput();
  }

  private static void write(Socket connection, String text) throws IOException {
    connection.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    connection.getOutputStream().flush();
  }

  private static void await(RawClient client, String words) throws IOException {
    var seen = new StringBuilder();
    while (seen.indexOf(words) < 0) {
      int b = client.stream().read();
      assertThat(b).as(seen.toString()).isNotNegative();
      seen.append((char) b);
    }
  }

  /** Waits until the gateway looks for all of them, as Redis does not decide. */
  private static void awaitLooks(Gateway gateway) throws IOException {
    String all = ALONE + REPETITIONS + "\n";
    while (!RawClient.get(gateway.management().getPort(), "/metrics").text().contains(all)) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** With one event loop for all connections. */
  @Test
  void aStreamOfAnotherConnectionContinuesWhileRepeatedRequestsAreLookedFor() throws Exception {
    Leaks.watch();
    var clients = new ArrayList<RawClient>();
    try (var redis = RedisProcess.start(directory);
        var upstream = new ScriptedUpstream(this::reply);
        var gateway = Gateway.builder(config(upstream, redis)).threads(1).start();
        var other = new RawClient(gateway.port())) {
      var ids = new ArrayList<String>();
      for (int i = 0; i < REPETITIONS; i++) {
        var whole = RawClient.post(gateway.port(), CHAT, body(), "Idempotency-Key: k" + i);
        ids.add(JournalRig.id(whole));
      }
      other.send(RawClient.request("POST", CHAT, PLAIN));
      await(other, "first ");

      redis.pause();
      try {
        for (int i = 0; i < REPETITIONS; i++) {
          var client = new RawClient(gateway.port());
          clients.add(client);
          client.send(RawClient.request("POST", CHAT, body(), "Idempotency-Key: k" + i));
        }
        awaitLooks(gateway);
        go.release();
        await(other, "second");
      } finally {
        redis.proceed();
      }

      for (int i = 0; i < REPETITIONS; i++) {
        var head = clients.get(i).head();
        assertThat(head.status()).isEqualTo(200);
        assertThat(JournalRig.id(head)).isEqualTo(ids.get(i));
      }
      assertThat(upstream.requests()).hasSize(REPETITIONS + 1);
    } finally {
      for (var client : clients) {
        client.close();
      }
    }
  }

  private static String body() {
    return Rig.body(Protocol.OPENAI_CHAT);
  }

  private static GatewayConfig config(ScriptedUpstream upstream, RedisProcess redis) {
    return RelayTest.config(upstream, "openai-chat", "/v1")
        .withDrain(Duration.ZERO)
        .withJournal(JournalConfig.at(JournalPlace.Redis.at(redis.address())));
  }
}
