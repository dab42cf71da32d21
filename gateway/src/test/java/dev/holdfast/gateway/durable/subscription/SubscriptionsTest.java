package dev.holdfast.gateway.durable.subscription;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Subscriptions whose store fails, and where webhooks may be sent. */
class SubscriptionsTest {
  private static final String PULL =
      "{\"type\":\"pull-wake\",\"streams\":[\"s\"],\"wake_stream\":\"w\"}";

  /** A store that fails on demand. */
  private static final class Store implements SubscriptionStore {
    boolean fails;
    final Semaphore saves = new Semaphore(0);

    @Override
    public void save(Saved subscription) {
      check();
      saves.release();
    }

    @Override
    public void remove(String namespace, String id) {
      check();
    }

    @Override
    public List<Saved> load() {
      return List.of();
    }

    private void check() {
      if (fails) {
        throw new IllegalStateException("of the store");
      }
    }
  }

  /** One stream with a tail. */
  private static final class Streams implements SubscribedStreams {
    volatile String tail = NO_TAIL;

    @Override
    public String tail(String namespace, String path) {
      return tail;
    }

    @Override
    public List<String> paths(String namespace) {
      return List.of();
    }

    @Override
    public void append(String namespace, String path, String json) {}
  }

  @Test
  void whatIsNotStoredIsNotThere() {
    var store = new Store();
    var streams = new Streams();
    try (var made = new Subscriptions(streams, store, () -> 0, () -> true)) {
      store.fails = true;
      assertThatThrownBy(() -> made.create("", "a", PULL, "http://h"))
          .isInstanceOf(IllegalStateException.class);
      assertThat(made.show("", "a").status()).isEqualTo(404);
      store.fails = false;
      assertThat(made.create("", "a", PULL, "http://h").status()).isEqualTo(201);
      streams.tail = "0000000000000001_0000000100000001";
      store.fails = true;
      assertThatThrownBy(() -> made.claim("", "a", "{\"worker\":\"one\"}"))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> made.remove("", "a")).isInstanceOf(IllegalStateException.class);
      assertThat(made.show("", "a").status()).isEqualTo(200);
      store.fails = false;
      // The wake that was not stored is forgotten, and its generation is not used again.
      var claimed = made.claim("", "a", "{\"worker\":\"one\"}");
      assertThat(claimed.status()).isEqualTo(200);
      assertThat(claimed.body()).contains("\"generation\":2");
      assertThat(made.remove("", "a").status()).isEqualTo(204);
      assertThat(made.show("", "a").status()).isEqualTo(404);
    }
  }

  @Test
  void aReleasedLeaseIsStored() throws Exception {
    var store = new Store();
    var streams = new Streams();
    try (var made = new Subscriptions(streams, store, () -> 0, () -> true)) {
      made.create("", "a", PULL, "http://h");
      streams.tail = "0000000000000001_0000000100000001";
      var claimed = object(made.claim("", "a", "{\"worker\":\"one\"}"));
      String wake =
          "\"wake_id\":\"%s\",\"generation\":%d"
              .formatted(claimed.text("wake_id"), claimed.number("generation", -1));
      String acks = "\"acks\":[{\"stream\":\"s\",\"offset\":\"" + streams.tail + "\"}]";
      String token = claimed.text("token");
      assertThat(made.acknowledge("a", token, "{" + wake + "," + acks + "}", false).status())
          .isEqualTo(200);
      store.saves.drainPermits();
      assertThat(made.release("a", token, "{" + wake + "}").status()).isEqualTo(204);
      assertThat(store.saves.availablePermits()).isEqualTo(1);
    }
  }

  private static Json.Obj object(SubscriptionReply reply) throws Json.MalformedException {
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    return (Json.Obj) Json.parse(String.valueOf(reply.body()));
  }

  @Test
  @Timeout(120)
  void aReceiverThatTakesLongerThanItsLeaseGetsOneWebhookAtATime() throws Exception {
    var store = new Store();
    var streams = new Streams();
    var connections = new LinkedBlockingQueue<Socket>();
    try (var server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        var made = new Subscriptions(streams, store, System::currentTimeMillis, () -> true)) {
      Thread.ofPlatform().daemon().start(() -> accept(server, connections));
      var created = made.create("", "a", hook(server, 1_000), "http://h");
      assertThat(created.status()).as(created.body()).isEqualTo(201);
      streams.tail = "0000000000000001_0000000100000001";
      made.appended("", "s");
      try (var first = connections.take()) {
        // Its creation, and a wake for each lease that has passed.
        assertThat(store.saves.tryAcquire(5, 60, TimeUnit.SECONDS)).isTrue();
        assertThat(connections).isEmpty();
        succeed(first);
      }
      try (var second = connections.poll(60, TimeUnit.SECONDS)) {
        assertThat(second).isNotNull();
      }
    }
  }

  @Test
  @Timeout(120)
  void soManyWebhooksAreUnderWayAtATime() throws Exception {
    int count = 3 * Deliveries.MOST;
    var store = new Store();
    var streams = new Streams();
    var connections = new LinkedBlockingQueue<Socket>();
    try (var server = new ServerSocket(0, count, InetAddress.getLoopbackAddress());
        var made = new Subscriptions(streams, store, System::currentTimeMillis, () -> true)) {
      Thread.ofPlatform().daemon().start(() -> accept(server, connections));
      for (int i = 0; i < count; i++) {
        var created = made.create("", "s" + i, hook(server, 600_000), "http://h");
        assertThat(created.status()).as(created.body()).isEqualTo(201);
      }
      store.saves.drainPermits();
      streams.tail = "0000000000000001_0000000100000001";
      made.appended("", "s");
      assertThat(store.saves.tryAcquire(count, 60, TimeUnit.SECONDS)).isTrue();
      // All are woken. Each that is answered makes room for one.
      for (int answered = 0; answered < count; answered++) {
        int open = Math.min(Deliveries.MOST, count - answered);
        while (connections.size() < open) {
          Thread.onSpinWait();
        }
        assertThat(connections).hasSize(open);
        try (var oldest = connections.take()) {
          succeed(oldest);
        }
      }
    }
  }

  private static String hook(ServerSocket server, int leaseMillis) {
    return """
    {"type":"webhook","streams":["s"],"lease_ttl_ms":%d,"webhook":{"url":"http://127.0.0.1:%d/"}}\
    """
        .formatted(leaseMillis, server.getLocalPort());
  }

  private static void succeed(Socket connection) throws IOException {
    connection
        .getOutputStream()
        .write(
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII));
  }

  private static void accept(ServerSocket server, LinkedBlockingQueue<Socket> connections) {
    try {
      while (true) {
        connections.add(server.accept());
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "2002:7f00:1::",
        "::1",
        "fd00::1",
        "10.0.0.1"
      })
  void addressesThatAreNotPublicAreRefused(String address) {
    String host = address.contains(":") ? "[" + address + "]" : address;
    assertThat(WebhookTarget.complaint("https://" + host + "/hook", false)).isNotNull();
  }

  @Test
  void onlyAnOpenGatewayOfThisMachineSendsInClear() {
    assertThat(WebhookTarget.complaint("http://127.0.0.1:1/", true)).isNull();
    assertThat(WebhookTarget.complaint("http://127.0.0.1:1/", false)).isNotNull();
    assertThat(WebhookTarget.complaint("https://[2606:4700::1]/", false)).isNull();
  }
}
