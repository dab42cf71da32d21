package dev.holdfast.gateway.durable.subscription;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.json.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a worker may do with a subscription, and what it may not. */
@Timeout(60)
final class SubscriptionRulesTest {
  private static final String PULL =
      "{\"type\":\"pull-wake\",\"pattern\":\"jobs/**\",\"wake_stream\":\"jobs/wakes\"}";

  /** States as they were stored, by id. */
  private static final class Store implements SubscriptionStore {
    final Map<String, Saved> saved = new ConcurrentHashMap<>();

    @Override
    public void save(Saved subscription) {
      saved.put(subscription.id(), subscription);
    }

    @Override
    public void remove(String namespace, String id) {
      saved.remove(id);
    }

    @Override
    public List<Saved> load() {
      return List.copyOf(saved.values());
    }
  }

  /** Streams by name, each with a tail. */
  private static final class Streams implements SubscribedStreams {
    final Map<String, String> tails = new ConcurrentHashMap<>();
    final LinkedBlockingQueue<String> wakes = new LinkedBlockingQueue<>();

    @Override
    public String tail(String namespace, String path) {
      return tails.getOrDefault(namespace + ":" + path, NO_TAIL);
    }

    @Override
    public List<String> paths(String namespace) {
      return tails.keySet().stream()
          .filter(it -> it.startsWith(namespace + ":"))
          .map(it -> it.substring(namespace.length() + 1))
          .sorted()
          .toList();
    }

    @Override
    public void append(String namespace, String path, String json) {
      wakes.add(namespace + ":" + path + " " + json);
    }
  }

  private final AtomicLong clock = new AtomicLong(1_000_000_000L);
  private final Store store = new Store();
  private final Streams streams = new Streams();
  private final List<Subscriptions> open = new ArrayList<>();
  private Subscriptions made = subscriptions();

  private Subscriptions subscriptions() {
    var subscriptions = new Subscriptions(streams, store, clock::get, () -> true);
    open.add(subscriptions);
    return subscriptions;
  }

  @AfterEach
  void close() {
    open.forEach(Subscriptions::close);
  }

  private static String offset(int position) {
    return "%016d_0000000100000001".formatted(position);
  }

  private void appended(String namespace, String path, int position) throws InterruptedException {
    streams.tails.put(namespace + ":" + path, offset(position));
    made.appended(namespace, path);
  }

  private int create(String id, String body) {
    return made.create("", id, body, "http://h").status();
  }

  private static Json.Obj object(SubscriptionReply reply) {
    try {
      return (Json.Obj) Json.parse(String.valueOf(reply.body()));
    } catch (Json.MalformedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Json.Obj shown(String id) {
    var reply = made.show("", id);
    assertThat(reply.status()).isEqualTo(200);
    return object(reply);
  }

  private List<String> paths(String id) {
    var items = shown(id).array("streams");
    assertThat(items).isNotNull();
    return items.items().stream().map(it -> ((Json.Obj) it).text("path")).toList();
  }

  /** A worker's wake. */
  private record Wake(String id, long generation, String token) {
    String body(String more) {
      return "{\"wake_id\":\"%s\",\"generation\":%d%s}".formatted(id, generation, more);
    }
  }

  private Wake claim(String id) {
    var claimed = made.claim("", id, "{\"worker\":\"w\"}");
    assertThat(claimed.status()).as(String.valueOf(claimed.body())).isEqualTo(200);
    var object = object(claimed);
    return new Wake(object.text("wake_id"), object.number("generation", -1), object.text("token"));
  }

  private SubscriptionReply ack(String id, Wake wake, String more) {
    return made.acknowledge(id, wake.token(), wake.body(more), false);
  }

  private static String acks(String path, String offset) {
    return ",\"acks\":[{\"stream\":\"%s\",\"offset\":\"%s\"}]".formatted(path, offset);
  }

  // ---------------------------------------------------------------- what it follows

  @Test
  void aPatternFindsStreamsOfItsNamespaceAndNotItsOwnWakes() throws Exception {
    streams.tails.put(":jobs/1", offset(1));
    streams.tails.put(":jobs/wakes", offset(1));
    streams.tails.put(":other", offset(1));
    streams.tails.put("else:jobs/2", offset(1));
    assertThat(create("s", PULL)).isEqualTo(201);
    assertThat(paths("s")).containsExactly("jobs/1");
    appended("else", "jobs/3", 1);
    appended("", "jobs/wakes", 2);
    appended("", "jobs/a/b", 1);
    assertThat(streams.wakes.poll(30, TimeUnit.SECONDS))
        .startsWith(":jobs/wakes ")
        .contains("\"stream\":\"jobs/a/b\"");
    assertThat(paths("s")).containsExactly("jobs/1", "jobs/a/b");
  }

  @Test
  void aDeletedStreamLeavesItsNamespaceAlone() throws Exception {
    streams.tails.put(":jobs/1", offset(1));
    streams.tails.put(":jobs/2", offset(1));
    create("s", PULL);
    made.deleted("else", "jobs/1");
    made.deleted("", "jobs/2");
    appended("", "jobs/3", 1); // After the deletions, on the same thread.
    assertThat(streams.wakes.poll(30, TimeUnit.SECONDS)).isNotNull();
    assertThat(paths("s")).containsExactly("jobs/1", "jobs/3");
  }

  @Test
  void aSubscriptionFollowsSoManyStreams() throws Exception {
    for (int i = 0; i < 1_500; i++) {
      streams.tails.put(":jobs/%04d".formatted(i), offset(1));
    }
    create("s", PULL);
    assertThat(paths("s")).hasSize(1_000);
    appended("", "jobs/x", 1);
    appended("", "jobs/0001", 2);
    assertThat(streams.wakes.poll(30, TimeUnit.SECONDS)).contains("jobs/0001");
    assertThat(paths("s")).hasSize(1_000).doesNotContain("jobs/x");
    assertThat(made.add("", "s", "{\"streams\":[\"y\"]}").status()).isEqualTo(400);
    String many =
        IntStream.range(0, 1_001).mapToObj(i -> "\"" + i + "\"").collect(Collectors.joining(","));
    assertThat(create("t", PULL.replace("\"pattern\"", "\"streams\":[" + many + "],\"pattern\"")))
        .isEqualTo(400);
  }

  @ParameterizedTest
  @CsvSource({
    "a/*, a/b, true",
    "a/*, a/b/c, false",
    "a/**, a, true",
    "a/**/z, a/b/c/z, true",
    "a/**/z, a/b/c, false",
    "a/%2A, a/*, true",
    "a/%2a, a/b, false"
  })
  void aPatternMatchesSegments(String pattern, String path, boolean matches) {
    assertThat(new Glob(pattern).matches(path)).isEqualTo(matches);
  }

  @Test
  void soManySubscriptionsAreMade() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(create("s" + i, PULL)).isEqualTo(201);
    }
    assertThat(create("more", PULL)).isEqualTo(429);
    assertThat(create("s1", PULL)).as("it is there").isEqualTo(200);
    made.remove("", "s1");
    assertThat(create("more", PULL)).isEqualTo(201);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"pull-wake\",\"pattern\":\"a\",\"wake_stream\":\"w\",\"lease_ttl_ms\":999}",
        "{\"type\":\"pull-wake\",\"pattern\":\"a\",\"wake_stream\":\"w\",\"lease_ttl_ms\":600001}",
        "{\"type\":\"pull-wake\",\"pattern\":\"a\"}",
        "{\"type\":\"pull-wake\",\"wake_stream\":\"w\"}",
        "{\"type\":\"other\",\"pattern\":\"a\",\"wake_stream\":\"w\"}",
        "{\"type\":\"webhook\",\"pattern\":\"a\"}",
        "{\"type\":\"webhook\",\"pattern\":\"a\",\"webhook\":{\"url\":\"https://u@example.com/\"}}",
        "{\"type\":\"pull-wake\",\"streams\":[1],\"wake_stream\":\"w\"}",
        "[]",
        "{"
      })
  void whatIsNoSubscriptionIsRefused(String body) {
    assertThat(create("s", body)).isEqualTo(400);
  }

  @Test
  void longTextsAreRefused() {
    String text = "x".repeat(1_025);
    for (String member : List.of("pattern", "wake_stream", "description")) {
      String body =
          "{\"type\":\"pull-wake\",\"pattern\":\"a\",\"wake_stream\":\"w\",\"" + member + "\":\"";
      assertThat(create(member, body + text + "\"}")).as(member).isEqualTo(400);
      assertThat(create(member, body + text.substring(1) + "\"}")).as(member).isEqualTo(201);
    }
    assertThat(create("s", PULL.replace("\"pattern\"", "\"streams\":[\"" + text + "\"],\"x\"")))
        .isEqualTo(400);
    assertThat(create("s", PULL)).isEqualTo(201);
    assertThat(made.claim("", "s", "{\"worker\":\"" + "w".repeat(257) + "\"}").status())
        .isEqualTo(400);
  }

  // ---------------------------------------------------------------- who is awake

  @Test
  void aTokenIsOfOneSubscriptionOneWakeAndATime() {
    streams.tails.put(":jobs/1", offset(0));
    create("a", PULL);
    create("b", PULL);
    streams.tails.put(":jobs/1", offset(2));
    var a = claim("a");
    var b = claim("b");
    assertThat(made.acknowledge("a", b.token(), a.body(""), false).status()).isEqualTo(401);
    String forged = a.token().substring(0, a.token().lastIndexOf('.') + 1) + "AAAA";
    assertThat(made.acknowledge("a", forged, a.body(""), false).status()).isEqualTo(401);
    assertThat(made.acknowledge("a", "", a.body(""), false).status()).isEqualTo(401);
    var otherWake = new Wake("w_0", a.generation(), a.token());
    assertThat(ack("a", otherWake, "").status()).isEqualTo(409);
    var otherGeneration = new Wake(a.id(), a.generation() + 1, a.token());
    assertThat(ack("a", otherGeneration, "").status()).isEqualTo(409);
    clock.addAndGet(3_601_000);
    assertThat(ack("a", a, "").status()).as("an hour later").isEqualTo(401);
  }

  @Test
  void anOldTokenIsFencedThoughTheRequestNamesTheNewWake() {
    create("a", PULL.replace("\"pattern\"", "\"streams\":[\"s\"],\"pattern\""));
    streams.tails.put(":s", offset(1));
    var old = claim("a");
    assertThat(made.release("a", old.token(), old.body("")).status()).isEqualTo(204);
    var now = claim("a");
    assertThat(now.generation()).isGreaterThan(old.generation());
    var mixed = new Wake(now.id(), now.generation(), old.token());
    assertThat(ack("a", mixed, "").status()).isEqualTo(409);
    assertThat(ack("a", now, "").status()).isEqualTo(200);
  }

  @Test
  void whatIsAcknowledgedIsBetweenTheLastPlaceAndTheTail() {
    create("a", PULL.replace("\"pattern\"", "\"streams\":[\"s\",\"t\"],\"pattern\""));
    streams.tails.put(":s", offset(5));
    streams.tails.put(":t", offset(5));
    var wake = claim("a");
    assertThat(ack("a", wake, acks("s", offset(3))).status()).isEqualTo(200);
    for (String wrong : List.of(offset(2), offset(6), "5", "zzz", offset(4) + "0")) {
      assertThat(ack("a", wake, acks("s", wrong)).status()).as(wrong).isEqualTo(409);
    }
    assertThat(ack("a", wake, acks("u", offset(1))).status()).isEqualTo(409);
    // All of it, or nothing.
    String half =
        ",\"acks\":[{\"stream\":\"t\",\"offset\":\"%s\"},{\"stream\":\"s\",\"offset\":\"%s\"}]"
            .formatted(offset(4), offset(9));
    assertThat(ack("a", wake, half).status()).isEqualTo(409);
    assertThat(String.valueOf(made.show("", "a").body()))
        .contains("\"acked_offset\":\"" + offset(3) + "\"")
        .doesNotContain(offset(4));
  }

  @Test
  void aPullIsNotAcknowledgedAsAWebhookNorAWebhookClaimed() {
    create("a", PULL.replace("\"pattern\"", "\"streams\":[\"s\"],\"pattern\""));
    create(
        "h",
        "{\"type\":\"webhook\",\"streams\":[\"s\"],\"webhook\":{\"url\":\"http://127.0.0.1:1/\"}}");
    streams.tails.put(":s", offset(1));
    var wake = claim("a");
    assertThat(made.acknowledge("a", wake.token(), wake.body(""), true).status()).isEqualTo(400);
    assertThat(made.claim("", "h", "{\"worker\":\"w\"}").status()).isEqualTo(400);
    assertThat(made.claim("", "a", "{\"worker\":\"v\"}").body()).contains("ALREADY_CLAIMED");
  }

  @Test
  void aSignOfLifeBeginsTheLeaseAnew() throws Exception {
    create(
        "a", PULL.replace("\"pattern\"", "\"lease_ttl_ms\":1000,\"streams\":[\"s\"],\"pattern\""));
    streams.tails.put(":s", offset(1));
    var wake = claim("a");
    streams.wakes.clear();
    long begun = System.nanoTime();
    long last = begun;
    int status = 200;
    // Longer than a lease, in steps that are shorter, unless the machine is slow.
    while (status == 200 && System.nanoTime() - begun < 1_500_000_000L) {
      long now = System.nanoTime();
      status = ack("a", wake, "").status();
      assertThat(status == 200 || System.nanoTime() - last > 900_000_000L).isTrue();
      last = now;
      streams.wakes.poll(100, TimeUnit.MILLISECONDS);
    }
    // Without a sign the next one is woken.
    assertThat(streams.wakes.poll(30, TimeUnit.SECONDS)).contains("\"generation\":");
    assertThat(ack("a", wake, "").status()).isEqualTo(409);
  }

  @Test
  void aRemovedSubscriptionWakesNoMore() throws Exception {
    create(
        "a", PULL.replace("\"pattern\"", "\"lease_ttl_ms\":1000,\"streams\":[\"s\"],\"pattern\""));
    create(
        "b", PULL.replace("\"pattern\"", "\"lease_ttl_ms\":1000,\"streams\":[\"s\"],\"pattern\""));
    streams.tails.put(":s", offset(1));
    var gone = claim("a");
    claim("b");
    streams.wakes.clear();
    made.remove("", "a");
    assertThat(ack("a", gone, "").status()).isEqualTo(404);
    assertThat(store.saved).containsOnlyKeys("b");
    // The lease of b ends after that of a.
    assertThat(streams.wakes.poll(30, TimeUnit.SECONDS)).contains("\"subscription_id\":\"b\"");
  }

  // ---------------------------------------------------------------- after a restart

  @Test
  void generationsAndWorkAreThereAfterARestart() throws Exception {
    create("a", PULL.replace("\"pattern\"", "\"streams\":[\"s\"],\"pattern\""));
    streams.tails.put(":s", offset(1));
    var wake = claim("a");
    streams.wakes.clear();
    made.close();
    made = subscriptions();
    assertThat(streams.wakes.poll(30, TimeUnit.SECONDS)).contains("\"subscription_id\":\"a\"");
    var next = claim("a");
    assertThat(next.generation()).isGreaterThan(wake.generation());
    assertThat(ack("a", wake, "").status()).as("its secret is gone").isEqualTo(401);
  }

  @Test
  void streamsAreAddedAndTakenAwayByName() {
    streams.tails.put(":jobs/1", offset(1));
    create("a", PULL);
    assertThat(made.add("", "a", "{\"streams\":[]}").status()).isEqualTo(400);
    assertThat(made.add("", "a", "{\"streams\":[\"/x/\",\"jobs/1\"]}").status()).isEqualTo(204);
    assertThat(paths("a")).containsExactly("jobs/1", "x");
    assertThat(made.removeStream("", "a", "jobs/1").status()).isEqualTo(204);
    assertThat(made.removeStream("", "a", "/x").status()).isEqualTo(204);
    assertThat(paths("a")).as("the pattern finds it").containsExactly("jobs/1");
    var links = new HashMap<String, String>();
    var items = shown("a").array("streams");
    assertThat(items).isNotNull();
    items
        .items()
        .forEach(it -> links.put(((Json.Obj) it).text("path"), ((Json.Obj) it).text("link_type")));
    assertThat(links).containsEntry("jobs/1", "glob");
  }
}
