package dev.holdfast.core.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.relay.Relayed.Answer;
import dev.holdfast.core.stream.Rung;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Frames that carry nothing reach a client in a form that its SDK can read. */
class SignsOfLifeTest {
  private static final String TEXT = RelayTest.TEXT;

  /** Blocks that carry nothing, and that some SDK takes for a document. */
  private static final List<String> EMPTY =
      List.of(
          "data:\n\n",
          "data: \n\n",
          "data:\r\n\r\n",
          "data: \"\"\n\n",
          "event: ping\n\n",
          "event: ping\ndata:\n\n",
          "event: ping\ndata: \"\"\n\n",
          "event: keepalive\ndata: \"\"\n\n",
          "event: heartbeat\n\n",
          "retry: 3000\n\n",
          "id: 7\n\n",
          "data:\ndata:\n\n");

  private static final List<String> OF_CHAT =
      List.of("data: {\"type\":\"ping\"}\n\n", "event: ping\ndata: {\"type\": \"ping\"}\n\n");

  static Stream<Arguments> empty() {
    return Bodies.DIALECTS.stream()
        .filter(dialect -> !dialect.equals("ollama-chat"))
        .flatMap(dialect -> {
          var blocks = new ArrayList<>(EMPTY);
          if (dialect.equals("openai-chat")) {
            blocks.addAll(OF_CHAT);
          } else if (dialect.equals("anthropic-messages")) {
            blocks.remove("data: \"\"\n\n"); // Its clients skip what has no name.
          }
          return blocks.stream().map(block -> Arguments.of(dialect, block));
        });
  }

  private static String relayed(String dialect, String body, int chunk) {
    var relayed =
        new Relayed(
                Relayed.plan(dialect, Bodies.request(dialect), Rung.REPLAY),
                new Front(dialect, Relayed.HEAD))
            .run((attempt, upstream, request) -> Answer.whole(body), chunk);
    assertThat(relayed.ending().verdict().isComplete()).as(body).isTrue();
    assertThat(relayed.ending().attempts()).hasSize(1);
    return relayed.text();
  }

  /** The body with a block after its third frame. */
  private static String with(String body, String block) {
    var border = Pattern.compile("\r?\n\r?\n").matcher(body);
    int at = 0;
    for (int frame = 0; frame < 3; frame++) {
      assertThat(border.find()).isTrue();
      at = border.end();
    }
    return body.substring(0, at) + block + body.substring(at);
  }

  /**
   * What SDKs that take each blank line for the end of an event would parse: after an event with an
   * id, each one is.
   */
  static List<String> parsedByAStrictClient(String body) {
    var parsed = new ArrayList<String>();
    String id = "";
    String event = "";
    var data = new ArrayList<String>();
    boolean retry = false;
    for (String line : body.replace("\r\n", "\n").replace('\r', '\n').split("\n", -1)) {
      if (line.isEmpty()) {
        if (!event.isEmpty() || !data.isEmpty() || !id.isEmpty() || retry) {
          parsed.add(event + "|" + String.join("\n", data));
        }
        event = "";
        data.clear();
        retry = false;
      } else if (!line.startsWith(":")) {
        int colon = line.indexOf(':');
        String value = line.substring(colon + 1).stripLeading();
        switch (line.substring(0, colon)) {
          case "data" -> data.add(value);
          case "event" -> event = value;
          case "id" -> id = value;
          case "retry" -> retry = true;
          default -> throw new AssertionError(line);
        }
      }
    }
    parsed.remove("|"); // The end of the text is one more blank line.
    return parsed;
  }

  @ParameterizedTest
  @MethodSource("empty")
  void anEventWithoutDataIsNoEventForAnyClient(String dialect, String block) {
    String plain = Bodies.answer(dialect, "one", TEXT);
    String body = with(plain, block);
    for (int chunk : new int[] {1, 2, 3, 7, 64, body.length()}) {
      String left = relayed(dialect, body, chunk);
      var parsed = parsedByAStrictClient(left);
      var before = parsedByAStrictClient(plain);
      if (dialect.equals("anthropic-messages")) {
        // Its clients know pings.
        String ping = "ping|{\"type\":\"ping\"}";
        assertThat(parsed).as(left).hasSize(before.size() + 1).contains(ping);
        parsed.removeIf(ping::equals);
        before.removeIf(ping::equals);
      }
      assertThat(parsed).as("in chunks of %d: %s", chunk, left).isEqualTo(before);
      // It still shows the client that the connection lives.
      assertThat(left.length()).isGreaterThan(plain.length());
      if (dialect.equals("gemini-sse")) {
        assertThat(left.lines().filter(line -> !line.isEmpty()))
            .allMatch(line -> line.startsWith("data: "));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"openai-chat", "openai-responses"})
  void afterAnIdNoBlankLineStandsAlone(String dialect) {
    String plain = Bodies.answer(dialect, "one", TEXT);
    String named = plain.replaceFirst("\ndata: ", "\nid: 5\ndata: ");
    assertThat(named).isNotEqualTo(plain);
    for (String sign : List.of(": ping\n\n", "\n", ": a\n\n: b\n\n", "event: ping\n\n")) {
      String body = with(named, sign);
      for (int chunk : new int[] {1, 5, body.length()}) {
        String left = relayed(dialect, body, chunk);
        assertThat(parsedByAStrictClient(left))
            .as("%s in chunks of %d: %s", sign, chunk, left)
            .isEqualTo(parsedByAStrictClient(named));
      }
    }
  }

  @Test
  void aCommentIsABlankLineForGemini() {
    String plain = Bodies.answer("gemini-sse", "one", TEXT);
    String left = relayed("gemini-sse", with(plain, ": keep\n\n"), 9);
    assertThat(left).doesNotContain(": keep");
    assertThat(parsedByAStrictClient(left)).isEqualTo(parsedByAStrictClient(plain));
  }

  @Test
  void aBlankLineIsLeftOutForOllama() {
    String plain = Bodies.answer("ollama-chat", "one", TEXT);
    for (String blank : List.of("\n", "\r\n", "  \n", "\n\n\n")) {
      int at = plain.indexOf('\n') + 1;
      String body = plain.substring(0, at) + blank + plain.substring(at);
      for (int chunk : new int[] {1, 4, body.length()}) {
        assertThat(relayed("ollama-chat", body, chunk)).isEqualTo(plain);
      }
    }
  }

  @Test
  void thisIsNoSignOfLife() {
    String plain = Bodies.answer("openai-chat", "one", TEXT);
    for (String block :
        List.of(
            "data: {\"id\":\"one\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ping\"}}]}\n\n",
            "data: {\"id\":\"one\",\"choices\":[],\"type\":\"ping\"}\n\n",
            ": a comment\n\n",
            "\n")) {
      String body = with(plain, block);
      assertThat(relayed("openai-chat", body, 11)).isEqualTo(body);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "openai-chat, AUTO, false, ': keep-alive||'",
    "openai-chat, AUTO, true, ': keep-alive|'",
    "openai-chat, BLOCK, true, ': keep-alive||'",
    "openai-chat, LINE, false, ': keep-alive|'",
    "openai-chat, EVENT, false, ': keep-alive||'",
    "anthropic-messages, EVENT, false, 'event: ping|data: {\"type\":\"ping\"}||'",
    "anthropic-messages, AUTO, false, ': keep-alive||'",
    "gemini-sse, LINE, false, '|'",
    "ollama-chat, LINE, false, '{'",
  })
  void theFormOfASignOfLifeIsChosen(String dialect, KeepAlive form, boolean ids, String sign) {
    var relay =
        new Relayed(
            Relayed.plan(dialect, Bodies.request(dialect)), new Front(dialect, Relayed.HEAD));
    relay.signal(new dev.holdfast.core.engine.Signal.Begin());
    relay.signal(new dev.holdfast.core.engine.Signal.HeadersArrived(1, Relayed.head(), 0));
    if (ids) {
      String frame = "id: 1\n" + Bodies.answer(dialect, "one", TEXT).split("\n\n", -1)[0] + "\n\n";
      relay.signal(
          new dev.holdfast.core.engine.Signal.BytesArrived(
              1, java.nio.ByteBuffer.wrap(frame.getBytes(StandardCharsets.UTF_8))));
    }
    assertThat(new String(relay.relay.keepAlive(form), StandardCharsets.UTF_8))
        .startsWith(sign.replace('|', '\n'));
    if (sign.endsWith("|") && !sign.endsWith("||")) {
      assertThat(relay.relay.keepAlive(form)).hasSize(sign.length());
    }
  }

  /** As Quarkus' REST client reads: a block at each blank line, and each is an event. */
  private static List<String> blocks(String body) {
    var blocks = new ArrayList<>(List.of(body.replace("\r\n", "\n").split("\n\n", -1)));
    blocks.removeLast(); // What follows the last blank line.
    return blocks;
  }

  @ParameterizedTest
  @CsvSource({"openai-chat", "openai-responses", "anthropic-messages"})
  void forReadersOfLinesACommentIsNoBlockOfItsOwn(String dialect) {
    String plain = Bodies.answer(dialect, "one", TEXT);
    long events = blocks(plain).stream().filter(it -> it.contains("data:")).count();
    for (String block : List.of(": OPENROUTER PROCESSING\n\n", ": a\r\n\r\n", ":\n\n\n", "\n")) {
      String body = block + with(plain, block + block);
      for (int chunk : new int[] {1, 2, 3, 7, 64, body.length()}) {
        var left =
            new Relayed(
                    Relayed.plan(dialect, Bodies.request(dialect), Rung.REPLAY),
                    new Front(dialect, Relayed.HEAD).withKeepAlive(KeepAlive.LINE))
                .run((attempt, upstream, request) -> Answer.whole(body), chunk)
                .text();
        assertThat(blocks(left))
            .as(left)
            .allMatch(it -> it.contains("data:"))
            .hasSize((int) events);
        assertThat(parsedByAStrictClient(left)).isEqualTo(parsedByAStrictClient(plain));
        assertThat(left.split("OPENROUTER", -1)).hasSameSizeAs(body.split("OPENROUTER", -1));
      }
    }
  }

  // ---------------------------------------------------------------- tokens asked for unasked

  private static String chunk(String members) {
    return "data: {\"id\":\"one\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
        + members
        + "}\n\n";
  }

  private static String chat(String more, String end) {
    return chunk(
            "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
                + "\"finish_reason\":null}]"
                + more)
        + chunk(
            "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"say \\\"usage\\\":null, please\"},"
                + "\"finish_reason\":null}]"
                + more)
        + chunk("\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]" + more)
        + end
        + "data: [DONE]\n\n";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        ",\"usage\":null",
        ", \"usage\": null",
        ",\"usage\":null,\"obfuscation\":\"x1\"",
        ",\"service_tier\":\"default\",\"usage\":null"
      })
  void whatWasAskedForOnItsBehalfIsHiddenFromTheClientByteByByte(String more) {
    String usage =
        chunk(
            "\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}");
    String asked = chat(more, usage);
    String unasked = chat(more.replaceFirst(", ?\"usage\": ?null", ""), "");
    var front = new Front("openai-chat", Relayed.HEAD).withHiddenUsage(true);
    for (int chunk : new int[] {1, 3, 50, asked.length()}) {
      var relayed =
          new Relayed(Relayed.plan("openai-chat", Bodies.request("openai-chat")), front)
              .run((attempt, upstream, request) -> Answer.whole(asked), chunk);
      assertThat(relayed.text()).isEqualTo(unasked);
      assertThat(relayed.ending().usage().orElseThrow().output()).hasValue(2);
    }
  }

  /** Tokens beside a choice were not asked for: such servers always send them. */
  @Test
  void tokensBesideAChoiceStay() {
    String body = chat(",\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}", "");
    var relayed =
        new Relayed(
                Relayed.plan("openai-chat", Bodies.request("openai-chat")),
                new Front("openai-chat", Relayed.HEAD).withHiddenUsage(true))
            .run((attempt, upstream, request) -> Answer.whole(body), 64);
    assertThat(relayed.text()).isEqualTo(body);
  }
}
