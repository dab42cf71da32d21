package dev.holdfast.gateway.durable;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.testkit.journal.MemoryJournal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names of streams: how they begin, what a restart makes of them, and how they end. */
@Timeout(60)
final class DurableStreamsTest {
  private static final long NOW = 1_900_000_000_000L;

  private final AtomicLong clock = new AtomicLong(NOW);
  private final HeldJournal held = new HeldJournal(new MemoryJournal(clock::get));
  private final List<DurableStreams> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(DurableStreams::close);
  }

  private DurableStreams streams() {
    var streams = new DurableStreams(held.journal, clock::get);
    open.add(streams);
    return streams;
  }

  private static StreamName name(String path) {
    return new StreamName("", "/v1/stream/" + path);
  }

  private static StreamSpec spec(String type) {
    return new StreamSpec(type, -1, null, false, null, null, 0);
  }

  private static StreamSpec fork(@Nullable String type, long ttl, long sub) {
    return new StreamSpec(type, ttl, null, false, "/v1/stream/s", DurableOffset.START, sub);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static int put(DurableStreams streams, String path, StreamSpec spec, String body) {
    var replies = new ArrayList<Reply>();
    new StreamCreation(streams, name(path), spec, bytes(body), replies::add).run();
    assertThat(replies).hasSize(1);
    return replies.getFirst().status();
  }

  private static int delete(DurableStreams streams, String path) {
    var replies = new ArrayList<Reply>();
    streams.delete(name(path), replies::add);
    assertThat(replies).hasSize(1);
    return replies.getFirst().status();
  }

  private static int found(DurableStreams streams, String path) {
    return switch (streams.find(name(path), false)) {
      case DurableStreams.Lookup.Found found -> 200;
      case DurableStreams.Lookup.Missing missing -> missing.reply().status();
    };
  }

  private void create(StreamId id, StreamMetadata metadata) {
    held.memory.create(
        new NewStream(id, 1, metadata.write(), Duration.ZERO, false), DurableStreams.NOTHING);
  }

  // ---------------------------------------------------------------- after a restart

  @Test
  void theNewestOfTwoLeasesOfANameCounts() {
    var one = new StreamId(1, 1);
    var two = new StreamId(1, 2);
    var oldLease = new StreamId(2, 9);
    var newLease = new StreamId(2, 1);
    create(one, new StreamMetadata.Log(name("s"), "text/plain", null));
    create(oldLease, new StreamMetadata.Name(one, spec("text/plain"), -1, null));
    clock.addAndGet(1_000);
    create(two, new StreamMetadata.Log(name("s"), "text/html", null));
    create(newLease, new StreamMetadata.Name(two, spec("text/html"), -1, null));
    var streams = streams();
    assertThat(streams.find(name("s"), false))
        .isInstanceOfSatisfying(
            DurableStreams.Lookup.Found.class,
            found -> assertThat(found.log().contentType).isEqualTo("text/html"));
    assertThat(held.memory.find(oldLease)).isEmpty();
    assertThat(held.memory.find(one)).as("the log that lost its name").isEmpty();
  }

  @Test
  void aNameWithoutItsLogIsRemoved() {
    var lease = new StreamId(2, 1);
    create(lease, new StreamMetadata.Name(new StreamId(1, 1), spec("text/plain"), -1, null));
    assertThat(found(streams(), "s")).isEqualTo(404);
    assertThat(held.memory.find(lease)).isEmpty();
  }

  @Test
  void aForkWhoseSourceIsNotThereIsNeitherServedNorRemoved() {
    var fork = new StreamId(1, 2);
    var source = new StreamMetadata.Source(new StreamId(1, 1), new DurableOffset(1, 5, 1));
    create(fork, new StreamMetadata.Log(name("f"), "text/plain", source));
    var lease = new StreamId(2, 2);
    create(lease, new StreamMetadata.Name(fork, spec("text/plain"), -1, null));
    assertThat(found(streams(), "f")).isEqualTo(404);
    assertThat(held.memory.find(fork)).as("its appends").isPresent();
  }

  @Test
  void aLogThatForksReadIsKeptUntilTheLastOfThemIsGone() {
    var streams = streams();
    put(streams, "s", spec("text/plain"), "x");
    put(streams, "f1", fork(null, -1, 0), "");
    put(streams, "f2", fork(null, -1, 0), "");
    assertThat(delete(streams, "s")).isEqualTo(204);
    assertThat(delete(streams, "f1")).isEqualTo(204);
    assertThat(found(streams, "s")).isEqualTo(410);
    assertThat(put(streams, "f3", fork(null, -1, 0), "")).as("of a deleted one").isEqualTo(409);
    var next = streams();
    assertThat(found(next, "s")).isEqualTo(410);
    assertThat(found(next, "f2")).isEqualTo(200);
    assertThat(delete(next, "f2")).isEqualTo(204);
    assertThat(found(next, "s")).isEqualTo(404);
    assertThat(held.memory.streams()).isEmpty();
  }

  // ---------------------------------------------------------------- creation

  @Test
  void twoCreationsOfANameAreOneStream() throws Exception {
    var streams = streams();
    var replies = new ArrayList<Reply>();
    held.holds = true;
    var first =
        new StreamCreation(streams, name("s"), spec("text/plain"), bytes("x"), replies::add);
    first.run();
    var second =
        new StreamCreation(streams, name("s"), spec("text/plain"), bytes("x"), replies::add);
    second.run();
    assertThat(replies).isEmpty();
    assertThat(found(streams, "s")).as("not yet").isEqualTo(404);
    assertThat(delete(streams, "s")).as("not yet").isEqualTo(404);
    held.store();
    assertThat(replies).extracting(Reply::status).containsExactlyInAnyOrder(201, 200);
  }

  @Test
  void aRefusedCreationLeavesTheNameFree() {
    var streams = streams();
    var deleted = new LinkedBlockingQueue<String>();
    streams.listen(new DurableStreams.Listener(it -> {}, it -> deleted.add(it.path())));
    held.refused.put("append", Reason.FULL);
    assertThat(put(streams, "s", spec("text/plain"), "x")).isEqualTo(507);
    held.refused.clear();
    assertThat(found(streams, "s")).isEqualTo(404);
    assertThat(held.memory.streams()).isEmpty();
    assertThat(put(streams, "s", spec("text/plain"), "x")).isEqualTo(201);
  }

  @Test
  void theListenerLearnsOfWhatAStreamBeginsWithAndOfItsEnd() {
    var streams = streams();
    var learnt = new ArrayList<String>();
    streams.listen(
        new DurableStreams.Listener(
            it -> learnt.add("+" + it.path() + " " + found(streams, it.path().substring(11))),
            it -> learnt.add("-" + it.path())));
    put(streams, "empty", spec("text/plain"), "");
    assertThat(learnt).isEmpty();
    put(streams, "s", spec("text/plain"), "x");
    assertThat(learnt).as("when it can be found").contains("+/v1/stream/s 200");
    delete(streams, "s");
    assertThat(learnt).last().isEqualTo("-/v1/stream/s");
  }

  @Test
  void aDeletionThatIsRefusedIsReported() {
    var streams = streams();
    put(streams, "s", spec("text/plain"), "x");
    held.refused.put("delete", Reason.STORAGE);
    assertThat(delete(streams, "s")).isEqualTo(503);
  }

  @Test
  void aForkHasTheTypeOfItsSource() {
    var streams = streams();
    put(streams, "s", spec("text/plain"), "x");
    assertThat(put(streams, "f", fork("text/html", -1, 0), "")).isEqualTo(409);
    assertThat(put(streams, "f", fork("TEXT/plain; charset=utf-8", -1, 0), "")).isEqualTo(201);
  }

  @Test
  void aForkBeginsAtAPlaceOfItsSource() {
    var streams = streams();
    put(streams, "s", spec("text/plain"), "x");
    var elsewhere =
        new StreamSpec(null, -1, null, false, "/v1/stream/s", new DurableOffset(1, 5, 1), 0);
    assertThat(put(streams, "f", elsewhere, "")).isEqualTo(400);
    assertThat(found(streams, "f")).isEqualTo(404);
  }

  @Test
  void aForkLivesAsLongAsItsSourceUnlessItAsksOtherwise() {
    var streams = streams();
    put(streams, "s", new StreamSpec("text/plain", 500, null, false, null, null, 0), "x");
    put(streams, "f", fork(null, -1, 0), "");
    put(streams, "g", fork(null, 9, 0), "");
    assertThat(streams.find(name("f"), false))
        .isInstanceOfSatisfying(
            DurableStreams.Lookup.Found.class, it -> assertThat(it.ttlSeconds()).isEqualTo(500));
    assertThat(streams.find(name("g"), false))
        .isInstanceOfSatisfying(
            DurableStreams.Lookup.Found.class, it -> assertThat(it.ttlSeconds()).isEqualTo(9));
  }

  @Test
  void aForkEndsWithItsSourceUnlessItAsksOtherwise() {
    var streams = streams();
    String end = "2099-01-01T00:00:00Z";
    put(streams, "s", new StreamSpec("text/plain", -1, end, false, null, null, 0), "x");
    put(streams, "f", fork(null, -1, 0), "");
    assertThat(streams.find(name("f"), false))
        .isInstanceOfSatisfying(
            DurableStreams.Lookup.Found.class, it -> assertThat(it.expiresAt()).isEqualTo(end));
  }

  @ParameterizedTest
  @CsvSource({
    "text/plain, abc, 3, 201",
    "text/plain, abc, 4, 400",
    "application/json, '[1,2]', 2, 201",
    "application/json, '[1,2]', 3, 400"
  })
  void aForkBeginsWithinTheNextAppend(String type, String body, long sub, int status) {
    var streams = streams();
    put(streams, "s", spec(type), body);
    assertThat(put(streams, "f", fork(null, -1, sub), "")).isEqualTo(status);
    assertThat(found(streams, "f")).isEqualTo(status == 201 ? 200 : 404);
  }

  // ---------------------------------------------------------------- time

  @ParameterizedTest
  @CsvSource({
    "0, , false",
    "9007199254740991, , true",
    ", 2000-01-01T00:00:00Z, false",
    ", 9999-12-31T23:59:59Z, true",
    ", 0001-01-01T00:00:00Z, false"
  })
  void aLifeMayBeOverAtOnceOrLongerThanTheJournalCounts(
      @Nullable Long ttl, @Nullable String expires, boolean lives) {
    var streams = streams();
    var spec = new StreamSpec("text/plain", ttl == null ? -1 : ttl, expires, false, null, null, 0);
    assertThat(put(streams, "s", spec, "x")).isEqualTo(201);
    clock.addAndGet(1);
    assertThat(found(streams, "s")).isEqualTo(lives ? 200 : 404);
  }

  @Test
  void onlyUseKeepsAStreamFromExpiring() {
    var streams = streams();
    var spec = new StreamSpec("text/plain", 100, null, false, null, null, 0);
    put(streams, "used", spec, "x");
    put(streams, "seen", spec, "x");
    clock.addAndGet(60_000);
    streams.find(name("used"), true);
    streams.find(name("seen"), false);
    clock.addAndGet(60_000);
    assertThat(found(streams, "used")).isEqualTo(200);
    assertThat(found(streams, "seen")).isEqualTo(404);
    assertThat(put(streams, "seen", spec, "y")).as("the name is free").isEqualTo(201);
  }

  @Test
  void whatExpiresIsRemovedThoughNoClientAsks() throws Exception {
    var streams = streams();
    var deleted = new LinkedBlockingQueue<String>();
    streams.listen(new DurableStreams.Listener(it -> {}, it -> deleted.add(it.path())));
    put(streams, "s", new StreamSpec("text/plain", 1, null, false, null, null, 0), "x");
    clock.addAndGet(2_000);
    assertThat(deleted.poll(30, TimeUnit.SECONDS)).isEqualTo("/v1/stream/s");
    assertThat(streams.size()).isZero();
  }
}
