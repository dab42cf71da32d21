package dev.holdfast.testkit.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Requests;
import dev.holdfast.testkit.WireObserver;
import dev.holdfast.testkit.WireObserver.End;
import dev.holdfast.testkit.WireObserver.Seen;
import dev.holdfast.testkit.WireReader;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.answer.WireFrame.Kind;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.json.TestJson;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.model.ScriptedModel;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.wire.WireTemplates;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Every fault, seen by a raw socket. */
final class FaultWireTest {
  private static final long SEED = 7;
  private static final String STREAM = "the stream";
  static final Answer ANSWER =
      Answer.ofText("Grüße vom Meer: the tide turns twice a day, 潮汐, and the gulls know it. 🌊");

  static Seen see(Protocol protocol, String specs) throws IOException {
    return see(protocol, ANSWER, specs);
  }

  /** {@return what a raw socket sees of the reply to one request} */
  static Seen see(Protocol protocol, Answer answer, String specs) throws IOException {
    try (var server =
            FaultServer.builder().seed(SEED).answer(answer).script(Script.of(specs)).start();
        var observer = new WireObserver(server.baseUrl())) {
      observer.post(protocol, Requests.of(protocol, "Hi"), "X-Holdfast-Stream: " + STREAM);
      Seen seen = observer.observe();
      assertThat(server.received().getFirst().struck())
          .as("struck")
          .containsExactlyElementsOf(Fault.parseAll(specs));
      return seen;
    }
  }

  static List<WireFrame> frames(Protocol protocol) {
    return frames(protocol, ANSWER);
  }

  /** {@return the events of a healthy reply} */
  static List<WireFrame> frames(Protocol protocol, Answer answer) {
    var model =
        new ScriptedModel(protocol, answer, new Continuation.Exact(), Script.mix(SEED, STREAM, 0));
    return model.reply(Requests.of(protocol, "Hi"), 1).frames();
  }

  static byte[] bytes(List<WireFrame> frames) {
    var out = new ByteArrayOutputStream();
    frames.forEach(frame -> out.writeBytes(frame.bytes()));
    return out.toByteArray();
  }

  static byte[] firstEvents(Protocol protocol, int events) {
    return bytes(frames(protocol).subList(0, events));
  }

  private static byte[] without(Protocol protocol, Predicate<Kind> kinds) {
    return bytes(frames(protocol).stream().filter(frame -> !kinds.test(frame.kind())).toList());
  }

  /** The index of the event that carries output number {@code token}, from 0. */
  static int indexOfToken(Protocol protocol, int token) {
    List<WireFrame> frames = frames(protocol);
    int seen = 0;
    for (int i = 0; i < frames.size(); i++) {
      if (frames.get(i).isOutput() && seen++ == token) {
        return i;
      }
    }
    throw new AssertionError("the answer is too short");
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aHealthyReplyIsWhole(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "");

    assertThat(seen.status()).isEqualTo(200);
    assertThat(seen.head())
        .contains(
            "content-type: "
                + WireTemplates.of(protocol).framing().contentType().toLowerCase(Locale.ROOT));
    assertThat(seen.body()).isEqualTo(bytes(frames(protocol)));
    assertThat(seen.end()).isEqualTo(End.LAST_CHUNK);
    assertThat(WireReader.text(seen.text())).isEqualTo(ANSWER.text());
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void finAndResetComeAfterTheEventAsked(Protocol protocol) throws IOException {
    for (int events : new int[] {0, 1, 4, 9}) {
      Seen fin = see(protocol, "cut-fin@event=" + events);
      Seen reset = see(protocol, "cut-rst@event=" + events);

      assertThat(fin.end()).isEqualTo(End.FIN);
      assertThat(reset.end()).isEqualTo(End.RST);
      assertThat(fin.body()).isEqualTo(firstEvents(protocol, events));
      assertThat(reset.body()).isEqualTo(firstEvents(protocol, events));
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void finAndResetComeAfterTheByteAsked(Protocol protocol) throws IOException {
    byte[] whole = bytes(frames(protocol));
    for (int at : new int[] {1, 2, 300, 777, whole.length - 1}) {
      Seen fin = see(protocol, "cut-fin@byte=" + at);
      Seen reset = see(protocol, "cut-rst@byte=" + at);

      assertThat(fin.end()).isEqualTo(End.FIN);
      assertThat(reset.end()).isEqualTo(End.RST);
      assertThat(fin.body()).isEqualTo(Arrays.copyOf(whole, at));
      assertThat(reset.body()).isEqualTo(Arrays.copyOf(whole, at));
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aCutBeforeTheHeadSendsNothing(Protocol protocol) throws IOException {
    Seen fin = see(protocol, "cut-fin@head");
    Seen reset = see(protocol, "cut-rst@head");

    assertThat(fin.end()).isEqualTo(End.FIN);
    assertThat(reset.end()).isEqualTo(End.RST);
    assertThat(fin.head() + reset.head()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void positionsCanBeNamedByWhatComesThere(Protocol protocol) throws IOException {
    List<WireFrame> frames = frames(protocol);
    List<Kind> kinds = frames.stream().map(WireFrame::kind).toList();
    boolean apart = kinds.contains(Kind.FINISH);
    int finish = kinds.indexOf(apart ? Kind.FINISH : Kind.DONE);

    assertThat(see(protocol, "cut-fin@token=3").body())
        .isEqualTo(firstEvents(protocol, indexOfToken(protocol, 2) + 1));
    assertThat(see(protocol, "cut-fin@token=0").body())
        .isEqualTo(firstEvents(protocol, indexOfToken(protocol, 0)));
    assertThat(see(protocol, "cut-fin@finish").body()).isEqualTo(firstEvents(protocol, finish));
    if (kinds.contains(Kind.DONE)) {
      assertThat(see(protocol, "cut-fin@done").body())
          .isEqualTo(firstEvents(protocol, frames.size() - 1));
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void anEarlyEndIsAProperEnd(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "end-early@event=5");

    assertThat(seen.end()).isEqualTo(End.LAST_CHUNK);
    assertThat(seen.body()).isEqualTo(firstEvents(protocol, 5));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void anEndByCloseHasNoLength(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "end-by-close@event=5");

    assertThat(seen.head()).doesNotContain("transfer-encoding", "content-length");
    assertThat(seen.head()).contains("connection: close");
    assertThat(seen.end()).isEqualTo(End.FIN);
    assertThat(seen.body()).isEqualTo(firstEvents(protocol, 5));
  }

  @ParameterizedTest
  @EnumSource(value = Protocol.class, names = "GEMINI_SSE", mode = EnumSource.Mode.EXCLUDE)
  void onlyTheMarkerIsMissing(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "missing-done");

    assertThat(seen.end()).isEqualTo(End.LAST_CHUNK);
    assertThat(seen.body()).isEqualTo(without(protocol, kind -> kind == Kind.DONE));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void theMarkerComesWithoutAFinish(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "done-without-finish");

    assertThat(seen.end()).isEqualTo(End.LAST_CHUNK);
    assertThat(seen.text()).endsWith(WireTemplates.of(protocol).bareDone().text());
    assertThat(seen.text())
        .doesNotContain("\"finish_reason\":\"", "end_turn", "message_stop", "response.completed")
        .doesNotContain("finishReason", "\"done\":true");
    // An array that is closed behind a comma is none.
    String readable = seen.text().replace("\n,\r\n]", "\n]");
    assertThat(WireReader.text(readable)).isEqualTo(ANSWER.text());
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void oneEventHasHalfItsJson(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "malformed-json@token=4");
    List<String> events = Requests.events(protocol, seen.text());
    String whole = new String(bytes(frames(protocol)), StandardCharsets.UTF_8);
    List<String> healthy = Requests.events(protocol, whole);
    int at = indexOfToken(protocol, 4);

    assertThat(events).hasSameSizeAs(healthy);
    for (int i = 0; i < events.size(); i++) {
      if (i != at) {
        assertThat(events.get(i)).isEqualTo(healthy.get(i));
      }
    }
    if (protocol == Protocol.GEMINI_JSON_ARRAY) {
      assertThat(events.get(at)).isEqualTo(healthy.get(at).replaceFirst(":", " "));
    } else {
      assertThat(healthy.get(at)).startsWith(events.get(at));
      assertThat(events.get(at).length()).isBetween(20, healthy.get(at).length() - 10);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Protocol.class,
      names = {"GEMINI_JSON_ARRAY", "OLLAMA_CHAT"},
      mode = EnumSource.Mode.EXCLUDE)
  void oneFieldNameIsDamaged(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "malformed-sse@token=4");
    String damaged = Requests.events(protocol, seen.text()).get(indexOfToken(protocol, 4));

    assertThat(damaged).contains("dta: {");
    assertThat(seen.text().replace("dta: {", "data: {").getBytes(StandardCharsets.UTF_8))
        .isEqualTo(bytes(frames(protocol)));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void twoEventsAreGlued(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "glued-events@token=4");
    int at = indexOfToken(protocol, 4);
    List<WireFrame> frames = frames(protocol);
    String lead = new String(firstEvents(protocol, at), StandardCharsets.UTF_8);
    String first = frames.get(at).text();
    int lost =
        switch (protocol) {
          case OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC_MESSAGES, OLLAMA_CHAT -> 1;
          case GEMINI_SSE -> 2;
          case GEMINI_JSON_ARRAY -> 3;
        };
    String glued = lead + first.substring(0, first.length() - lost) + frames.get(at + 1).text();

    assertThat(seen.text()).startsWith(glued);
    assertThat(seen.body()).hasSize(bytes(frames).length - lost);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void oneByteIsNoUtf8(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "invalid-utf8@token=4");
    int bad = -1;
    for (int i = 0; i < seen.body().length; i++) {
      if (seen.body()[i] == (byte) 0xFF) {
        assertThat(bad).as("only one").isEqualTo(-1);
        bad = i;
      }
    }
    var rest = new ByteArrayOutputStream();
    rest.write(seen.body(), 0, bad);
    rest.write(seen.body(), bad + 1, seen.body().length - bad - 1);

    assertThat(bad).isGreaterThan(firstEvents(protocol, indexOfToken(protocol, 4)).length);
    assertThat(rest.toByteArray()).isEqualTo(bytes(frames(protocol)));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aCharacterIsCutInTwo(Protocol protocol) throws IOException {
    aCharacterIsCutInTwo(protocol, 0);
    aCharacterIsCutInTwo(protocol, 7);
  }

  private static void aCharacterIsCutInTwo(Protocol protocol, int token) throws IOException {
    Seen seen = see(protocol, "split-utf8@token=" + token);
    byte[] body = seen.body();
    int whole = body.length;
    while (!isUtf8(Arrays.copyOf(body, whole))) {
      whole--;
    }

    assertThat(seen.end()).isEqualTo(End.FIN);
    assertThat(body.length - whole).as("bytes of the last character").isBetween(1, 3);
    assertThat(whole).isGreaterThan(firstEvents(protocol, indexOfToken(protocol, token)).length);
  }

  private static boolean isUtf8(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void silenceLastsAsLongAsAsked(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "stall@event=4,for=120ms");

    assertThat(seen.arrival(4)).isGreaterThanOrEqualTo(120_000_000L);
    assertThat(seen.body()).isEqualTo(bytes(frames(protocol)));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void silenceBeforeTheHeadIsSilence(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "stall@head,for=120ms");

    assertThat(seen.arrival(0)).isGreaterThanOrEqualTo(120_000_000L);
    assertThat(seen.body()).isEqualTo(bytes(frames(protocol)));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aStallCanBeFullOfKeepAlives(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "stall@event=4,for=100ms,keep-alive=30ms");
    String ping = WireTemplates.of(protocol).keepAlive().text();
    String lead = new String(firstEvents(protocol, 4), StandardCharsets.UTF_8);

    assertThat(seen.text()).startsWith(lead + ping.repeat(3));
    assertThat(seen.body()).hasSize(bytes(frames(protocol)).length + 3 * ping.length());
    assertThat(seen.arrival(5)).isGreaterThanOrEqualTo(60_000_000L);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void everyEventCanBeLate(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "slow@delay=3ms");
    long took = seen.arrival(seen.gaps().size() - 1);

    assertThat(seen.body()).isEqualTo(bytes(frames(protocol)));
    assertThat(seen.chunks()).hasSameSizeAs(frames(protocol));
    assertThat(took).isGreaterThanOrEqualTo(3_000_000L * (seen.chunks().size() - 1));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void piecesAreNoLargerThanAsked(Protocol protocol) throws IOException {
    for (int max : new int[] {1, 5, 1000}) {
      Seen seen = see(protocol, "slices@max=" + max);

      assertThat(seen.body()).isEqualTo(bytes(frames(protocol)));
      assertThat(seen.chunks()).allMatch(size -> size <= max);
    }
    assertThat(see(protocol, "slices@max=1000").chunks())
        .as("pieces join events, too")
        .anyMatch(size -> size > 700);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void anErrorEndsTheStream(Protocol protocol) throws IOException {
    for (Fault.Trouble trouble : Fault.Trouble.values()) {
      Seen seen = see(protocol, "error-event@event=4,trouble=" + trouble.id());
      String lead = new String(firstEvents(protocol, 4), StandardCharsets.UTF_8);

      assertThat(seen.status()).isEqualTo(200);
      assertThat(seen.end()).isEqualTo(End.LAST_CHUNK);
      assertThat(seen.text()).startsWith(lead);
      TestJson error = WireReader.events(seen.text()).getLast().member("error");
      assertThat(error).isNotNull();
      assertThat(error.text("message", "") + error.shown()).isNotEqualTo("an object");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          status@code=429,retry-after=2s                                    | retry-after: 2
          status@code=429,retry-after=250ms,spelling=millis                 | retry-after-ms: 250
          status@code=429,retry-after=250ms,spelling=fraction               | retry-after: 0.250
          status@code=429,retry-after=2s,spelling=zero-millis-and-seconds   | retry-after-ms: 0
          status@code=503,retry-after=2s,spelling=date                      | gmt
          status@code=500                                                   | application/json
          status@code=529                                                   | application/json
          status@code=400                                                   | application/json
          """)
  void anHttpErrorComesInsteadOfTheReply(String spec, String header) throws IOException {
    for (Protocol protocol : Protocol.values()) {
      Seen seen = see(protocol, spec);

      assertThat("status@code=" + seen.status()).isEqualTo(spec.substring(0, 15));
      assertThat(seen.head()).contains(header);
      assertThat(
              WireReader.events(seen.text().replaceAll("\\s*\n\\s*", ""))
                  .getFirst()
                  .member("error"))
          .isNotNull();
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aLineContinuesWithoutEnd(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "endless-line@event=4,bytes=3m");
    int lead = firstEvents(protocol, 4).length;
    String line =
        seen.text()
            .substring(new String(firstEvents(protocol, 4), StandardCharsets.UTF_8).length());

    int begin = line.indexOf('x');

    assertThat(begin).isBetween(6, 30);
    assertThat(seen.body()).hasSize(lead + begin + (3 << 20));
    assertThat(line.substring(begin)).matches("x+");
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void textContinuesWithoutEnd(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "endless-stream@event=9,bytes=1m");
    int token = indexOfToken(protocol, 0);
    String event = frames(protocol).get(token).text();
    List<String> all = Requests.events(protocol, seen.text());
    List<String> more = all.subList(9, all.size());
    String close = WireTemplates.of(protocol).framing().close();

    assertThat(seen.body().length).isGreaterThanOrEqualTo(1 << 20);
    assertThat(more).allMatch(one -> (one + close).equals(event));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aPageComesInsteadOfTheReply(Protocol protocol) throws IOException {
    for (int code : new int[] {200, 502}) {
      Seen seen = see(protocol, "html-page@code=" + code);

      assertThat(seen.status()).isEqualTo(code);
      assertThat(seen.head()).contains("content-type: text/html");
      assertThat(seen.text()).startsWith("<!DOCTYPE html>");
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void keepAlivesComeInsteadOfContent(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "keep-alives-only@interval=30ms,for=100ms");

    assertThat(seen.text()).isEqualTo(WireTemplates.of(protocol).keepAlive().text().repeat(3));
    assertThat(seen.end()).isEqualTo(End.LAST_CHUNK);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void onlyTheContentTypeIsWrong(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "wrong-content-type@type=text/plain");

    assertThat(seen.head())
        .contains("content-type: text/plain")
        .doesNotContain(WireTemplates.of(protocol).framing().contentType());
    assertThat(seen.body()).isEqualTo(bytes(frames(protocol)));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void oneEventIsHugeAndMeansTheSame(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "huge-event@token=4,bytes=1m");
    String huge = Requests.events(protocol, seen.text()).get(indexOfToken(protocol, 4));

    assertThat(huge.length()).isGreaterThan(1 << 20);
    assertThat(WireReader.text(seen.text())).isEqualTo(ANSWER.text());
    assertThat(seen.text().replaceFirst(",\"padding\":\"x+\"", "").getBytes(StandardCharsets.UTF_8))
        .isEqualTo(bytes(frames(protocol)));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void oneEventComesTwice(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "duplicate-event@token=4");
    int at = indexOfToken(protocol, 4);
    var expected = new java.util.ArrayList<>(frames(protocol));
    expected.add(at, expected.get(at));

    assertThat(seen.body()).isEqualTo(bytes(expected));
  }

  @Test
  void aSecondMessageStartsInsideTheFirst() throws IOException {
    Protocol protocol = Protocol.ANTHROPIC_MESSAGES;
    Seen seen = see(protocol, "second-start@event=6");
    List<String> events = Requests.events(protocol, seen.text());

    assertThat(events.getFirst()).contains("message_start");
    assertThat(events.get(6)).contains("message_start", "msg_another");
    assertThat(events).hasSize(frames(protocol).size() + 1);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void faultsCombine(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "slices@max=9; duplicate-event@token=1; cut-rst@token=6");

    assertThat(seen.end()).isEqualTo(End.RST);
    assertThat(seen.chunks()).allMatch(size -> size <= 9);
    // One of the six is the duplicate.
    assertThat(seen.body().length)
        .isGreaterThan(firstEvents(protocol, indexOfToken(protocol, 4) + 1).length);
  }
}
