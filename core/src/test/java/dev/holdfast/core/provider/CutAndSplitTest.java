package dev.holdfast.core.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.dialect.Wire;
import dev.holdfast.core.frame.AwsEventStreamDecoder;
import dev.holdfast.core.frame.AwsMessages;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.LineDecoder;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonText;
import dev.holdfast.core.provider.google.GeminiReader;
import dev.holdfast.core.stream.StreamEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bodies cut anywhere and split anyhow. */
@Tag("slow")
class CutAndSplitTest {
  private static final boolean LONG = Boolean.getBoolean("holdfast.long");

  /** Bodies up to this size are cut at every byte. */
  private static final int WHOLLY = 64 << 10;

  private static final int STRIDE_OF_LARGER = 401;

  /**
   * Recordings are cut at every byte with -Plong; otherwise at one in so many, and at each frame.
   */
  private static final int STRIDE = LONG ? 1 : 11;

  /** Cuts deeper than this inside of one frame are sampled: each costs reading all before it. */
  private static final int LONG_FRAME = 1 << 10;

  private static final int STRIDE_IN_LONG_FRAMES = 61;

  static List<Wire.Body> fixtures() {
    return Wire.fixtures();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("fixtures")
  void anySplitOfTheSameBytesYieldsTheSameEvents(Wire.Body body) {
    byte[] bytes = body.bytes();
    var whole =
        Wire.read(
            body.dialect(), Wire.reader(body.dialect()), bytes, bytes.length, bytes.length + 1);
    for (int chunk = 1; chunk <= bytes.length; chunk = next(chunk)) {
      assertThat(Wire.read(body.dialect(), Wire.reader(body.dialect()), bytes, bytes.length, chunk))
          .as("chunks of %d", chunk)
          .isEqualTo(whole);
    }
  }

  /** {@return each size up to a line's length, then a tenth of them; each one with -Plong} */
  private static int next(int chunk) {
    return chunk < 64 || LONG ? chunk + 1 : chunk + 1 + chunk / 10;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("fixtures")
  void aCutNeverProvesWhatTheKeptBytesDoNot(Wire.Body body) {
    byte[] bytes = body.bytes();
    if (LONG) {
      for (int length = 0; length < bytes.length; length++) {
        cutProvesNothingNew(body, bytes, length);
      }
    } else {
      cutEverywhere(body, bytes, 1);
    }
  }

  @Test
  void aCutOfARecordingNeverProvesWhatTheKeptBytesDoNot() throws Exception {
    int cuts = 0;
    for (var body : recordings()) {
      cuts += cutEverywhere(body, body.bytes(), STRIDE);
    }
    assertThat(cuts).isGreaterThan(100_000 / STRIDE);
  }

  /**
   * Cuts at growing lengths. Whole frames are read once; a cut frame is read by a reader that has
   * read those, which is made anew where the cut frame had any effect.
   */
  private static int cutEverywhere(Wire.Body body, byte[] bytes, int least) {
    int stride = bytes.length <= WHOLLY ? least : STRIDE_OF_LARGER;
    int start = 0;
    int cuts = 0;
    var whole = Proof.OPEN;
    var ends = isMessages(body) ? AwsMessages.ends(bytes) : null;
    var reader = afterWholeFrames(body, bytes, 0);
    for (int length = 0; length < bytes.length; length++) {
      boolean boundary = ends == null ? isBoundary(body, bytes, length) : ends.contains(length);
      if (boundary) {
        var next = reader;
        byte[] frames = Arrays.copyOfRange(bytes, start, length);
        Wire.feed(
            body.dialect(),
            frames,
            frames.length,
            frames.length + 1,
            false,
            frame -> next.read(frame, event -> {}));
        start = length;
        whole = reader.proof();
      }
      boolean deep = length - start > LONG_FRAME && length % STRIDE_IN_LONG_FRAMES != 0;
      if (!boundary && (deep || length % stride != 0)) {
        continue;
      }
      cuts++;
      var events = new ArrayList<StreamEvent>();
      byte[] tail = Arrays.copyOfRange(bytes, start, length);
      var fed = reader;
      Wire.feed(
          body.dialect(),
          tail,
          tail.length,
          tail.length + 1,
          true,
          frame -> fed.read(frame, events::add));
      if (reader.proof().isProven() && !whole.isProven()) {
        lastFrameIsWhole(body, tail, length);
      }
      boolean marked = reader instanceof GeminiReader gemini && gemini.isCut();
      if (!events.isEmpty() || marked) {
        reader = afterWholeFrames(body, bytes, start);
      }
    }
    return cuts;
  }

  @Test
  void anySplitOfARecordingYieldsTheSameEvents() throws Exception {
    for (var body : recordings()) {
      byte[] bytes = body.bytes();
      var whole =
          Wire.read(
              body.dialect(), Wire.reader(body.dialect()), bytes, bytes.length, bytes.length + 1);
      for (int chunk : new int[] {7, 64, 1400}) {
        assertThat(
                Wire.read(body.dialect(), Wire.reader(body.dialect()), bytes, bytes.length, chunk))
            .as("%s in chunks of %d", body, chunk)
            .isEqualTo(whole);
      }
      assertThat(
              Wire.read(
                  body.dialect(), Wire.plainReader(body.dialect()), bytes, bytes.length, 16 << 10))
          .as("%s with every frame parsed", body)
          .isEqualTo(whole);
    }
  }

  private static void cutProvesNothingNew(Wire.Body body, byte[] bytes, int length) {
    var reader = Wire.plainReader(body.dialect());
    Wire.feed(
        body.dialect(), bytes, length, length + 1, false, frame -> reader.read(frame, event -> {}));
    check(body, reader.proof(), bytes, length);
  }

  /** Cut bodies prove what their whole frames prove, or what a last frame with whole JSON adds. */
  private static void check(Wire.Body body, Proof ofWholeFrames, byte[] bytes, int length) {
    var cut = Wire.read(body.dialect(), Wire.reader(body.dialect()), bytes, length, length + 1);
    if (!cut.proof().isProven() || ofWholeFrames.isProven()) {
      return;
    }
    lastFrameIsWhole(body, Arrays.copyOf(bytes, length), length);
  }

  private static void lastFrameIsWhole(Wire.Body body, byte[] kept, int length) {
    var last = new ArrayList<String>();
    Wire.feed(
        body.dialect(),
        kept,
        kept.length,
        kept.length + 1,
        true,
        frame -> {
          if (frame.kind() == Frame.Kind.EVENT) {
            // A line end of CR LF cut in two has ended its frame already.
            last.clear();
            last.add(frame.unterminated() ? frame.data() : "{}");
          }
        });
    assertThat(last).as("%s cut at %d", body, length).hasSize(1);
    assertThat(isWhole(last.getFirst())).as("%s cut at %d", body, length).isTrue();
  }

  private static boolean isWhole(String data) {
    if (data.strip().equals("[DONE]")) {
      return true;
    }
    try {
      // A prefix sent twice is taken off, as the reader does.
      String json = data.startsWith("data:") ? data.substring(5) : data;
      byte[] bytes = JsonText.bytes(json);
      return !Json.parseAll(bytes, 0, bytes.length).isEmpty();
    } catch (Json.MalformedException e) {
      // Where blank lines are missing, each line is a payload; only the last one may be cut.
      int end = data.lastIndexOf('\n');
      return data.strip().endsWith("[DONE]") || (end > 0 && isWhole(data.substring(0, end)));
    }
  }

  private static List<Wire.Body> recordings() throws Exception {
    var bodies = Wire.allRecordings();
    assumeTrue(!bodies.isEmpty(), "no recordings beside the project: skipped");
    return bodies;
  }

  /** {@return whether each line is a frame} */
  private static boolean isLines(Wire.Body body) {
    return Dialects.byId(body.dialect()).newDecoder(FrameLimits.DEFAULT) instanceof LineDecoder;
  }

  /** {@return whether each binary message is a frame} */
  private static boolean isMessages(Wire.Body body) {
    return Dialects.byId(body.dialect()).newDecoder(FrameLimits.DEFAULT)
        instanceof AwsEventStreamDecoder;
  }

  private static DialectReader afterWholeFrames(Wire.Body body, byte[] bytes, int length) {
    var reader = Wire.reader(body.dialect());
    Wire.feed(
        body.dialect(), bytes, length, length + 1, false, frame -> reader.read(frame, event -> {}));
    return reader;
  }

  /** {@return whether a frame ends with the byte before {@code at}: after an empty line} */
  private static boolean isBoundary(Wire.Body body, byte[] bytes, int at) {
    if (body.dialect().equals("gemini-json-array")) {
      // Google indents what is inside of an element.
      return at >= 2 && bytes[at - 1] == '}' && bytes[at - 2] == '\n';
    }
    if (at < 2 || bytes[at - 1] != '\n') {
      return false;
    }
    if (isLines(body)) {
      return true;
    }
    int before = bytes[at - 2] == '\r' ? at - 3 : at - 2;
    return before >= 0 && bytes[before] == '\n';
  }
}
