package dev.holdfast.core.frame;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.core.frame.Frames.Seen;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SseEncoderTest {
  @Test
  void everyFieldIsWrittenOnItsLine() {
    byte[] bytes =
        new SseEncoder()
            .comment(" keep-alive")
            .retry(3000)
            .id("7")
            .event("note", "a\nb\r\nc\rd")
            .event("message", "")
            .take();
    assertThat(new String(bytes, StandardCharsets.UTF_8))
        .isEqualTo(
            """
            : keep-alive
            retry: 3000
            id: 7
            event: note
            data: a
            data: b
            data: c
            data: d

            data:\s

            """);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r", "\0", "a\nevent: forged", "a\r\n"})
  void lineEndsAndNulAreRefusedWhereTheyWouldForgeFields(String bad) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SseEncoder().event(bad, "x"))
        .withMessageStartingWith("event: must not contain CR, LF or NUL, was U+00");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SseEncoder().id(bad))
        .withMessageStartingWith("id: must not contain CR, LF or NUL, was U+00");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SseEncoder().comment(bad))
        .withMessageStartingWith("comment: must not contain CR, LF or NUL, was U+00");
  }

  @Test
  void aKeepAliveEndsNoBlockWhileAnIdIsInForce() {
    var encoder = new SseEncoder();
    assertThat(encoder.keepAlive(" x").take()).asString(UTF_8).isEqualTo(": x\n\n");
    encoder.id("7").event("", "a").take();
    assertThat(encoder.keepAlive(" x").take()).asString(UTF_8).isEqualTo(": x\n");
    encoder.id("").event("", "b").take();
    assertThat(encoder.keepAlive(" x").take()).asString(UTF_8).isEqualTo(": x\n\n");
  }

  @Test
  void aRefusedCallWritesNothing() {
    SseEncoder encoder = new SseEncoder();
    assertThatIllegalArgumentException().isThrownBy(() -> encoder.event("a\n", "x"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> encoder.retry(-1))
        .withMessage("retry: must not be negative, was -1");
    assertThat(encoder.take()).isEmpty();
  }

  @Test
  void whatIsWrittenIsReadBack() {
    Seeds.each(
        5_000,
        SseEncoderTest.class,
        random -> {
          String type = oneLine(random);
          String id = oneLine(random);
          String data = text(random);
          String comment = oneLine(random);
          byte[] bytes = new SseEncoder().comment(comment).id(id).event(type, data).take();
          List<Seen> read = Frames.all(bytes, 1 + random.nextInt(bytes.length));
          String shownType = type.isEmpty() ? "message" : wellFormed(type);
          String shownData = wellFormed(data.replace("\r\n", "\n").replace('\r', '\n'));
          assertThat(read)
              .containsExactly(
                  new Seen(Frame.Kind.COMMENT, "", wellFormed(comment), "", 0, false),
                  new Seen(Frame.Kind.EVENT, shownType, shownData, wellFormed(id), 0, false));
        });
  }

  private static String oneLine(Random random) {
    return text(random).replaceAll("[\r\n\0]", "");
  }

  private static String text(Random random) {
    String odd = " :\t\0\r\n\uFEFF\uFFFDé世\u2028\u0085\uD83C\uDF0Ddat";
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(40);
    for (int i = 0; i < length; i++) {
      text.append(
          random.nextInt(20) == 0
              ? (char) random.nextInt(0x10000)
              : odd.charAt(random.nextInt(odd.length())));
    }
    return text.toString();
  }

  private static String wellFormed(String text) {
    return text.codePoints()
        .map(c -> c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
