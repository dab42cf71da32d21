package dev.holdfast.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.Cli;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.provider.detect.DialectDetector;
import dev.holdfast.core.stream.Cause;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * One verdict for the same bytes: {@code inspect}, {@code debug}, {@code Holdfast.check}, {@code
 * chat} and the library, over every fixture, every example, and drawn damage of both.
 */
@Tag("slow")
class FiveViewsTest {
  private static final Path FIXTURES =
      Path.of(System.getProperty("holdfast.root", "."), "fixtures", "dialect");

  /** Bodies per fixture. */
  private static final int MUTATIONS =
      Integer.getInteger("holdfast.views.mutations", Boolean.getBoolean("holdfast.long") ? 4 : 2);

  @TempDir Path folder;

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Body(String name, String dialect, byte[] bytes) {}

  private static List<Body> fixtures() throws IOException {
    var bodies = new ArrayList<Body>();
    for (var id : Dialects.ids()) {
      try (Stream<Path> files = Files.list(FIXTURES.resolve(id))) {
        for (var file : files.filter(f -> !f.toString().endsWith(".json")).sorted().toList()) {
          bodies.add(new Body(id + "/" + file.getFileName(), id, Files.readAllBytes(file)));
        }
      }
    }
    for (var example : ViewExamples.all()) {
      bodies.add(new Body(example.name(), example.get("dialect"), example.body()));
    }
    return bodies;
  }

  /** {@return in what the views differ on a body; empty if they agree} */
  private String difference(Body body, int chunk) throws IOException {
    var views = new Views(folder.resolve("body"));
    byte[] bytes = body.bytes();
    var inspected = views.inspect(bytes, body.dialect());
    var debugged = Views.debug(bytes, body.dialect(), chunk);
    var inspect = Views.Seen.of(inspected);
    var debug = Views.Seen.of(debugged);
    var check = Views.check(bytes, body.dialect(), chunk);
    var said = new StringBuilder();
    said.append(inspect.equals(debug) ? "" : " debug " + debug);
    said.append(inspect.equals(check) ? "" : " check " + check);
    said.append(
        Objects.equals(inspected.get("warnings"), debugged.get("warnings"))
            ? ""
            : " debug's warnings " + debugged.get("warnings"));
    if (Views.isSpoken(body.dialect())) {
      var client = Views.client(bytes, body.dialect(), chunk);
      said.append(inspect.equals(client.seen()) ? "" : " client " + client.seen());
      var text = inspected.get("text");
      if (text instanceof Json.Str(String shown) && !shown.equals(client.text())) {
        said.append(" client's text '")
            .append(client.text())
            .append("', not '")
            .append(shown)
            .append("'");
      }
      if (inspect.cause() == null && !calls(inspected).equals(client.calls())) {
        said.append(" client's calls ").append(client.calls());
      }
    }
    var alone = views.inspect(bytes, Inspection.AUTO);
    var told = Views.debug(bytes, null, chunk);
    if (!Views.Seen.of(alone).equals(Views.Seen.of(told))
        || !alone.text("dialect").equals(told.text("dialect"))) {
      said.append(
          " auto: inspect %s %s, debug %s %s"
              .formatted(
                  alone.text("dialect"),
                  Views.Seen.of(alone),
                  told.text("dialect"),
                  Views.Seen.of(told)));
    }
    return said.isEmpty()
        ? ""
        : body.name() + " in pieces of " + chunk + ": inspect " + inspect + said;
  }

  private static List<String> calls(Json.Obj line) {
    var calls = new ArrayList<String>();
    for (var item : Objects.requireNonNull(line.array("tool_calls")).items()) {
      String arguments = ((Json.Obj) item).text("arguments");
      calls.add(((Json.Obj) item).text("name") + " " + (arguments.isBlank() ? "{}" : arguments));
    }
    return calls;
  }

  @Test
  void agreeOnEveryFixtureAndExample() throws IOException {
    var differences = new ArrayList<String>();
    for (var body : fixtures()) {
      for (int chunk : new int[] {8192, 7}) {
        differences.add(difference(body, chunk));
      }
    }
    assertThat(differences.stream().filter(d -> !d.isEmpty())).isEmpty();
  }

  @Test
  void agreeOnDamagedBodies() throws IOException {
    var differences = new ArrayList<String>();
    int seed = 0;
    for (var body : fixtures()) {
      for (int i = 0; i < MUTATIONS; i++) {
        var random = new SplittableRandom(++seed);
        var name = body.name() + ", seed " + seed;
        var damaged = new Body(name, body.dialect(), damaged(body.bytes(), random));
        String difference = difference(damaged, 1 + random.nextInt(300));
        differences.add(
            difference.isEmpty()
                ? ""
                : difference + "\n" + new String(damaged.bytes(), StandardCharsets.UTF_8));
      }
    }
    assertThat(differences.stream().filter(d -> !d.isEmpty())).isEmpty();
  }

  private static byte[] damaged(byte[] body, SplittableRandom random) {
    if (body.length == 0) {
      return body;
    }
    var frames = frames(body);
    int one = random.nextInt(frames.size());
    return switch (random.nextInt(6)) {
      case 0 -> Arrays.copyOf(body, random.nextInt(body.length));
      case 1 -> {
        byte[] copy = body.clone();
        copy[random.nextInt(copy.length)] = (byte) random.nextInt(256);
        yield copy;
      }
      case 2 -> {
        byte[] copy = body.clone();
        copy[random.nextInt(copy.length)] ^= (byte) (1 << random.nextInt(7));
        yield copy;
      }
      case 3 -> {
        frames.remove(one);
        yield joined(frames);
      }
      case 4 -> {
        frames.add(one, frames.get(one));
        yield joined(frames);
      }
      default -> {
        frames.add(random.nextInt(frames.size()), frames.remove(one));
        yield joined(frames);
      }
    };
  }

  /** {@return the pieces of a body that end in a blank line, or in a line where none is blank} */
  private static List<byte[]> frames(byte[] body) {
    String text = new String(body, StandardCharsets.ISO_8859_1);
    String end = text.contains("\n\n") ? "\n\n" : "\n";
    var frames = new ArrayList<byte[]>();
    int from = 0;
    for (int at = text.indexOf(end); at >= 0; at = text.indexOf(end, from)) {
      frames.add(Arrays.copyOfRange(body, from, at + end.length()));
      from = at + end.length();
    }
    if (from < body.length) {
      frames.add(Arrays.copyOfRange(body, from, body.length));
    }
    return frames;
  }

  private static byte[] joined(List<byte[]> frames) {
    var out = new ByteArrayOutputStream();
    frames.forEach(out::writeBytes);
    return out.toByteArray();
  }

  @TestFactory
  Stream<DynamicTest> readEveryExampleRight() throws IOException {
    return ViewExamples.all().stream()
        .map(example -> DynamicTest.dynamicTest(example.name(), () -> isRight(example)));
  }

  private void isRight(ViewExamples.Example example) throws IOException {
    var views = new Views(folder.resolve("example"));
    for (var dialect : List.of(Inspection.AUTO, example.get("dialect"))) {
      var line = views.inspect(example.body(), dialect);
      assertThat(line.text("verdict")).as("%s", line).isEqualTo(example.get("verdict"));
      assertThat(line.text("cause")).isEqualTo(example.get("cause"));
      assertThat(line.text("text")).isEqualTo(example.get("text"));
      assertThat(calls(line)).isEqualTo(example.list("calls"));
      assertThat(texts(line, "warnings")).isEqualTo(example.list("warnings"));
      assertThat(
              Objects.requireNonNull(line.array("cut_tool_calls")).items().stream()
                  .map(call -> ((Json.Obj) call).text("reason")))
          .isEqualTo(example.list("cut"));
      assertThat(line.text("dialect"))
          .isEqualTo(dialect.equals(Inspection.AUTO) ? example.auto() : dialect);
    }
  }

  /** The commands as they are run, with everything between their options and their lines. */
  @TestFactory
  Stream<DynamicTest> readEveryExampleAlikeFromTheCommandLine() throws IOException {
    return ViewExamples.all().stream()
        .map(example -> DynamicTest.dynamicTest(example.name(), () -> agree(example)));
  }

  private void agree(ViewExamples.Example example) throws IOException {
    var file = Files.write(folder.resolve("body"), example.body());
    var wanted =
        new Views.Seen(
            example.get("verdict"), example.get("cause").isEmpty() ? null : example.get("cause"));
    var inspected = new Cli().run("inspect", "--json", "--dialect", "auto", file.toString());
    var inspect = Cli.object(inspected.outLines().getLast());
    assertThat(Views.Seen.of(inspect)).as("inspect").isEqualTo(wanted);
    var debugged =
        new Cli()
            .reading(new String(example.body(), StandardCharsets.UTF_8))
            .run("debug", "--json", "-");
    var debug = Cli.object(debugged.outLines().getLast());
    assertThat(Views.Seen.of(debug)).as("debug").isEqualTo(wanted);
    assertThat(debug.text("dialect")).isEqualTo(example.auto());
    assertThat(debug.get("warnings")).isEqualTo(inspect.get("warnings"));
    assertThat(debugged.code()).isEqualTo(wanted.cause() == null ? Exit.OK : Exit.INCOMPLETE);
    if (example.auto().equals(DialectDetector.UNKNOWN)
        && !example.get("cause").equals("provider-error")) {
      String finding = Objects.requireNonNull(debug.object("diagnosis")).text("name");
      assertThat(finding).isIn("unknown-protocol", "web-page");
    }
    if (Views.isSpoken(example.get("dialect"))) {
      assertThat(Views.chat(example.body(), example.get("dialect"))).as("chat").isEqualTo(wanted);
    }
  }

  @Test
  void readACompressedBodyAlike() throws IOException {
    var views = new Views(folder.resolve("body"));
    var body =
        ViewExamples.all().stream().filter(e -> e.name().equals("a whole tool call")).findFirst();
    byte[] whole = gzip(body.orElseThrow().body());
    assertThat(alike(views, whole)).isEqualTo(Views.Seen.of((Cause) null));
    byte[] damaged = whole.clone();
    damaged[damaged.length - 6] ^= 1;
    assertThat(alike(views, damaged)).isEqualTo(Views.Seen.of(Cause.MALFORMED_FRAME));
    byte[] cut = Arrays.copyOf(whole, whole.length / 2);
    assertThat(alike(views, cut)).isEqualTo(Views.Seen.of(Cause.MALFORMED_FRAME));
    // Sound to the last byte, but with a line that no decoder reads.
    byte[] line = new byte[30 << 20];
    Arrays.fill(line, (byte) 'a');
    System.arraycopy("data: ".getBytes(StandardCharsets.UTF_8), 0, line, 0, 6);
    assertThat(alike(views, gzip(line))).isEqualTo(Views.Seen.of(Cause.LIMIT_EXCEEDED));
  }

  private static Views.Seen alike(Views views, byte[] body) throws IOException {
    var inspect = Views.Seen.of(views.inspect(body, Inspection.AUTO));
    assertThat(Views.Seen.of(Views.debug(body, null, 8192))).isEqualTo(inspect);
    return inspect;
  }

  private static byte[] gzip(byte[] body) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(body);
    }
    return out.toByteArray();
  }

  private static List<String> texts(Json.Obj line, String member) {
    return Objects.requireNonNull(line.array(member)).items().stream()
        .map(item -> ((Json.Str) item).value())
        .toList();
  }
}
