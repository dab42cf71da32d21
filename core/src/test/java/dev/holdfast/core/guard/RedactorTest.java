package dev.holdfast.core.guard;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ProviderError;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedactorTest {
  /** No provider's shape, with characters that every encoding changes. */
  private static final String KEY = "canary/4711+key=\"x\"&-end";

  private static final Redactor KNOWN = Redactor.of(List.of(KEY));

  static Stream<String> encodings() {
    String json = KEY.replace("\"", "\\\"");
    var escapes = new StringBuilder();
    KEY.chars().forEach(c -> escapes.append(String.format("\\u%04x", c)));
    var references = new StringBuilder();
    KEY.chars().forEach(c -> references.append("&#").append(c).append(';'));
    var percents = new StringBuilder();
    KEY.chars().forEach(c -> percents.append(String.format("%%%02x", c)));
    String percent = URLEncoder.encode(KEY, UTF_8);
    var base64 = Base64.getEncoder();
    return Stream.of(
        KEY,
        KEY.toUpperCase(Locale.ROOT),
        json,
        json.replace("/", "\\/"),
        json.replace("\\", "\\\\"),
        escapes.toString(),
        references.toString(),
        KEY.replace("&", "&amp;").replace("\"", "&quot;"),
        percents.toString(),
        percent,
        percent.toLowerCase(Locale.ROOT),
        percent.replace("%", "%25"),
        HexFormat.of().formatHex(KEY.getBytes(UTF_8)),
        base64.encodeToString(KEY.getBytes(UTF_8)),
        base64.withoutPadding().encodeToString(("u:" + KEY).getBytes(UTF_8)),
        base64.encodeToString(("user:" + KEY + ":and more").getBytes(UTF_8)),
        Base64.getUrlEncoder().encodeToString(("me:" + KEY).getBytes(UTF_8)));
  }

  /** Texts of words, of pieces of the key in all encodings, and of what keys look like. */
  @Test
  void theQuickLookNeverMissesWhatTheSearchFinds() {
    long seed = Long.getLong("holdfast.seed", 20261130);
    String replay = "replay: ./mvnw -pl core test -Dtest=RedactorTest -Dholdfast.seed=" + seed;
    var random = new SplittableRandom(seed);
    var echoes = encodings().toList();
    var shapes = List.of("sk-proj-abcdefgh1234", "Bearer ab12cd34ef", "token=abcdefg", "://u:p@h");
    int found = 0;
    int free = 0;
    for (int i = 0; i < 50_000; i++) {
      var text = new StringBuilder();
      for (int parts = random.nextInt(4); parts >= 0; parts--) {
        text.append(
            switch (random.nextInt(4)) {
              case 0 -> piece(echoes.get(random.nextInt(echoes.size())), random);
              case 1 -> piece(shapes.get(random.nextInt(shapes.size())), random);
              case 2 -> Integer.toString(random.nextInt(), 36);
              default -> " Words, ";
            });
      }
      for (boolean sentence : new boolean[] {true, false}) {
        boolean any = !KNOWN.marks(text.toString(), sentence, 6).isEmpty();
        boolean isFree = KNOWN.isFree(text.toString(), sentence);
        assertThat(any && isFree).as("%s; %s", text, replay).isFalse();
        found += any ? 1 : 0;
        free += isFree ? 1 : 0;
      }
    }
    assertThat(found).as(replay).isGreaterThan(10_000);
    assertThat(free).as(replay).isGreaterThan(10_000);
  }

  private static String piece(String whole, SplittableRandom random) {
    int from = random.nextInt(4) == 0 ? random.nextInt(whole.length()) : 0;
    int to = random.nextBoolean() ? whole.length() : from + random.nextInt(whole.length() - from);
    String piece = whole.substring(from, to);
    return random.nextInt(3) == 0 ? piece.toUpperCase(Locale.ROOT) : piece;
  }

  @Test
  void oneRedactorIsRecognisedByItsSecrets() {
    assertThat(KNOWN.isOf(List.of(KEY))).isTrue();
    assertThat(KNOWN.isOf(List.of(KEY, KEY))).isFalse();
    assertThat(KNOWN.isOf(List.of())).isFalse();
    assertThat(KNOWN.withTexts(List.of("a message")).isOf(List.of(KEY))).isFalse();
    assertThat(Redactor.of(List.of(KEY)).with(List.of("another")).isOf(List.of(KEY, "another")))
        .isTrue();
  }

  @ParameterizedTest
  @MethodSource("encodings")
  void anOwnKeyIsFoundInEveryEncoding(String echo) {
    String shown = KNOWN.text("the key '" + echo + "' is wrong");

    assertThat(shown).contains(Redactor.REMOVED).contains("the key '").contains("is wrong");
    for (String part : List.of("canary", "4711", "-end")) {
      assertThat(shown.toLowerCase(Locale.ROOT)).doesNotContain(part);
    }
    assertThat(shown.length()).as(shown).isLessThan(60);
  }

  @ParameterizedTest
  @MethodSource("encodings")
  void bytesKeepTheirLength(String echo) {
    byte[] bytes = ("data: " + echo + "\n\n").getBytes(UTF_8);
    int length = bytes.length;

    KNOWN.mask(bytes);

    assertThat(bytes).hasSize(length);
    assertThat(new String(bytes, UTF_8)).startsWith("data: ").endsWith("\n\n").contains("********");
    assertThat(KNOWN.text(new String(bytes, UTF_8))).isEqualTo(new String(bytes, UTF_8));
  }

  @Test
  void ofAuthorizationTheValueAloneIsSecretToo() {
    String basic = Base64.getEncoder().encodeToString("me:canary-4711".getBytes(UTF_8));
    var redactor = Redactor.of(List.of("Bearer token-of-mine", "Basic " + basic));

    assertThat(redactor.text("token-of-mine and canary-4711 and " + basic))
        .isEqualTo("(removed) and (removed) and (removed)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sk-proj-abcdEFGH1234",
        "sk-ant-api03-abcdefgh",
        "AIzaSyA1234567890abcdef",
        "AKIAIOSFODNN7EXAMPLE",
        "hf_abcdEFGH1234",
        "gsk_abcdEFGH1234",
        "Bearer abcd1234.efgh",
        "bearer+abcd1234efgh",
        "Authorization: abcdefghijk",
        "{\"x-api-key\": \"abcdefghijk\"}",
        "{\\\"api_key\\\": \\\"abcdefghijk\\\"}",
        "https://h.example/v1?key=abcdefghijk",
        "/v1?x=y&access_token=abcdefghijk",
        "/v1?sig=abcdefghijk",
        "https://user:abcdefghijk@h.example/",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "sk%2Dproj%2DabcdEFGH1234"
      })
  void whatHasTheShapeOfAKeyIsRemoved(String text) {
    assertThat(Redactor.SHAPES.text("it was " + text + ", they say"))
        .contains("it was ")
        .contains(Redactor.REMOVED)
        .doesNotContain("abcdefghijk", "EFGH1234", "IOSFODNN", "eyJzdWIi", "7890abc", "1234.efgh");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "The request was rejected: model not found",
        "Bearer authentication is required",
        "task-management, risk-assessment and desk-research",
        "max_tokens: must be at most 4096, was 5000",
        "the token limit is 128000 tokens",
        "rate_limit_exceeded",
        "provider answered 429 (rate_limit_error)",
        "hf_transfer is missing",
        "https://platform.openai.com/account/api-keys",
        "POST /v1/chat/completions?stream=true HTTP/1.1",
        "key: must be set",
        "chatcmpl-abc123DEF456",
        "req_011CSHoEeqs5C35K2UUqR7Fy",
        "text/event-stream; charset=utf-8"
      })
  void ordinaryWordsStay(String text) {
    assertThat(KNOWN.text(text)).isEqualTo(text);
  }

  @Test
  void aBeginningAtTheEndOfACutTextIsRemoved() {
    assertThat(KNOWN.text("your key canary/4711+k")).isEqualTo("your key (removed)");
    assertThat(KNOWN.text("your key canar")).isEqualTo("your key canar");
  }

  @ParameterizedTest
  @MethodSource("encodings")
  void aKeyThatPiecesShareIsMasked(String echo) {
    for (int size = 1; size < 40; size++) {
      String shown = inPieces("data: before " + echo + " between " + echo + "\n\n", size);

      assertThat(shown).startsWith("data: before ").contains(" between ").endsWith("\n\n");
      assertThat(KNOWN.text(shown)).as(shown).isEqualTo(shown);
      assertThat(shown.toLowerCase(Locale.ROOT)).doesNotContain("canary", "4711", "nary", "end\n");
      assertThat(shown.chars().filter(c -> c == '*').count())
          .as(shown)
          .isGreaterThanOrEqualTo(2L * (KEY.length() - 3)); // The first three may be any word.
    }
  }

  private static String inPieces(String body, int size) {
    byte[] bytes = body.getBytes(UTF_8);
    var mask = new PieceMask(KNOWN);
    var shown = new StringBuilder();
    for (int at = 0; at < bytes.length; at += size) {
      byte[] piece = java.util.Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + size));
      shown.append(new String(mask.masked(piece, new byte[0]), UTF_8));
    }

    assertThat(shown.toString()).hasSize(body.length());
    return shown.toString();
  }

  @Test
  void aChunkBoundaryWithinAKeyStays() {
    byte[] bytes = "a\r\ncanary/471\r\n1c\r\n1+key=\"x\"&-end and more\r\n".getBytes(UTF_8);

    KNOWN.mask(bytes);

    assertThat(new String(bytes, UTF_8))
        .isEqualTo("a\r\n**********\r\n1c\r\n************** and more\r\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          the prompt 'Tell me about the lighthouse keeper' is too long     | lighthouse
          {"input":"Tell me about\\nthe lighthouse keeper"}                | lighthouse
          Tell%20me%20about%20the%20lighthouse%20keeper                    | lighthouse
          TELL ME  ABOUT THE LIGHTHOUSE KEE...                             | LIGHTHOUSE
          """)
  void whatAMessageRepeatsOfTheRequestIsRemoved(String message, String part) {
    var redactor = KNOWN.withTexts(List.of("Tell me about the lighthouse keeper", "hi"));

    assertThat(redactor.quoted(message)).contains("(removed)").doesNotContain(part);
    assertThat(redactor.text(message)).isEqualTo(message);
    assertThat(redactor.quoted("this is about a model")).isEqualTo("this is about a model");
  }

  @Test
  void aFailureIsFreeOfSecretsInEveryPart() {
    var said = new ProviderError("t " + KEY, "c " + KEY, "m " + KEY, "{\"r\":\"" + KEY + "\"}");
    var failure =
        Failure.builder(Cause.REJECTED, "said " + KEY).httpStatus(401).provider(said).build();

    Failure shown = KNOWN.failure(failure);

    var provider = shown.provider().orElseThrow();
    var parts = new ArrayList<>(List.of(shown.detail(), provider.type(), provider.code()));
    parts.add(provider.message());
    parts.add(provider.raw());
    assertThat(parts)
        .allSatisfy(part -> assertThat(part).contains("(removed)").doesNotContain("4711"));
    assertThat(shown.httpStatus()).hasValue(401);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a", "_a", "sk-", "%25", "\\", "?key=", "&#45;", "bearer ", "eyJ.", "a@://"})
  @Timeout(20)
  void noMessageTakesLong(String part) {
    String message = part.repeat((64 << 10) / part.length());
    var redactor = KNOWN.withTexts(List.of(part.repeat(100_000)));

    assertThat(redactor.quoted(message).length()).isLessThanOrEqualTo(message.length() * 4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          https://h.example:8080/v1?key=abc&alt=sse#top      | https://h.example:8080/v1?key=(removed)&alt=sse
          https://user:pass@h.example/v1                     | https://h.example/v1
          https://user:pa/ss@h.example/v1                    | https://h.example/v1
          http://h ost/v1?api_key=abc                        | http://h ost/v1?api_key=(removed)
          htp://h.example/v1?abc                             | htp://h.example/v1?(removed)
          https://h.example/@scope/v1                        | https://h.example/@scope/v1
          h.example/v1?key=abc                               | (removed)
          some-key-in-the-wrong-place                        | (removed)
          https://h.example/sk-abcdefgh1234/v1               | https://h.example/(removed)/v1
          https://h.example/v1?model=m&sig=abc&sv=1          | https://h.example/v1?model=m&sig=(removed)&sv=(removed)
          """)
  void anAddressIsShownWithoutSecrets(String address, String shown) {
    assertThat(SafeUrl.of(address)).isEqualTo(shown);
  }
}
