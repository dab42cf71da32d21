package dev.holdfast.observe.debug.decode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.observe.debug.wire.HttpHead;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpDecoderTest {
  private static final class Taken implements HttpDecoder.Sink {
    private final List<HttpHead> heads = new ArrayList<>();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();

    @Override
    public void head(HttpHead head) {
      heads.add(head);
    }

    @Override
    public void body(ByteBuffer bytes) {
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      body.writeBytes(copy);
    }
  }

  private static String read(String wire, int piece) {
    byte[] bytes = wire.getBytes(StandardCharsets.UTF_8);
    var taken = new Taken();
    var decoder = new HttpDecoder(HttpDecoder.Input.SOCKET, taken);
    for (int at = 0; at < bytes.length; at += piece) {
      decoder.feed(ByteBuffer.wrap(bytes, at, Math.min(piece, bytes.length - at)));
    }
    return "%s|%s|%s|%s"
        .formatted(
            taken.heads.isEmpty() ? "-" : taken.heads.getFirst().status(),
            taken.body.toString(StandardCharsets.UTF_8),
            decoder.atFin(),
            decoder.trouble());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      textBlock =
          """
          # case             ; wire, with ~ for CR LF                                             ; told
          chunked            ; HTTP/1.1 200 OK~Transfer-Encoding: chunked~~3~abc~2~de~0~~          ; 200|abcde|FRAMED|
          a chunk extension  ; "HTTP/1.1 200 OK~Transfer-Encoding: chunked~~3;x=y~abc~0~~"         ; 200|abc|FRAMED|
          a trailer          ; HTTP/1.1 200 OK~Transfer-Encoding: chunked~~1~a~0~X: y~~            ; 200|a|FRAMED|
          cut in a chunk     ; HTTP/1.1 200 OK~Transfer-Encoding: chunked~~5~abc                   ; 200|abc|EARLY_FIN|
          cut between chunks ; HTTP/1.1 200 OK~Transfer-Encoding: chunked~~3~abc~                  ; 200|abc|EARLY_FIN|
          no chunk size      ; HTTP/1.1 200 OK~Transfer-Encoding: chunked~~zz~abc~                 ; 200||NOT_HTTP|a chunk size that is no number
          a length           ; HTTP/1.1 200 OK~Content-Length: 3~~abc                              ; 200|abc|FRAMED|
          a length cut       ; HTTP/1.1 200 OK~Content-Length: 4~~abc                              ; 200|abc|EARLY_FIN|
          to the end         ; HTTP/1.0 200 OK~~abc                                                ; 200|abc|FIN|
          interim first      ; HTTP/1.1 100 Continue~~HTTP/1.1 200 OK~Content-Length: 1~~a         ; 200|a|FRAMED|
          cut head           ; HTTP/1.1 200 OK~Content-                                            ; -||EARLY_FIN|
          no HTTP            ; SSH-2.0-OpenSSH_9.2~                                                ; -||NOT_HTTP|no status line
          """)
  void readsResponsesHoweverTheyAreSplit(String name, String wire, String told) {
    String bytes = wire.replace("~", "\r\n");
    for (int piece = 1; piece <= bytes.length(); piece++) {
      assertThat(read(bytes, piece)).as("in pieces of " + piece).isEqualTo(told);
    }
  }

  @Test
  void anEndlessHeadIsRefusedInBoundedMemory() {
    assertThat(read("HTTP/1.1 200 OK\r\nX: " + "x".repeat(100_000), 4096)).contains("over 65536");
  }
}
