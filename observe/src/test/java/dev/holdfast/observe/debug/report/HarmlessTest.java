package dev.holdfast.observe.debug.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.observe.debug.Played;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What strangers write is shown, and does nothing. */
class HarmlessTest {
  private static final List<String> HOSTILE =
      List.of(
          "<script>alert(1)</script>",
          "\"'><img src=x onerror=alert(1)>",
          "\u001b]0;gotcha\u0007",
          "\u202Egnp.exe",
          "</style><style>@import 'http://x'");

  private static DebugReport report(String text) {
    String json =
        dev.holdfast.core.json.Json.object(
                java.util.Map.of(
                    "error",
                    dev.holdfast.core.json.Json.object(
                        java.util.Map.of(
                            "message",
                            new dev.holdfast.core.json.Json.Str(text),
                            "type",
                            new dev.holdfast.core.json.Json.Str(text)))))
            .write();
    return new Played()
        .asked()
        .wire(
            "HTTP/1.1 200 "
                + text.replaceAll("\\p{Cntrl}", "")
                + "\r\nServer: "
                + text
                + "\r\nTransfer-Encoding: chunked\r\n\r\n")
        .chunk("event: " + text + "\ndata: " + json + "\n\n")
        .chunk(": " + text + "\n\n")
        .lastChunk();
  }

  @Test
  void inAPage() {
    for (String text : HOSTILE) {
      String page = HtmlReport.of(report(text), "");
      String body = page.substring(page.indexOf("</head>"));
      assertThat(body)
          .doesNotContain("<script")
          .doesNotContain("<img")
          .doesNotContain("<style")
          .doesNotContain("\u001b")
          .doesNotContain("\u202E");
      assertThat(page).contains("default-src 'none'").doesNotContain("http-equiv=\"refresh\"");
    }
  }

  @Test
  void aMegabyteOnOneLineIsShownShort() {
    var report = report("x".repeat(1 << 20));
    assertThat(HtmlReport.of(report, "")).hasSizeLessThan(64 << 10);
    assertThat(DebugJson.report(report)).hasSizeLessThan(16 << 10);
    assertThat(report.first())
        .allSatisfy(event -> assertThat(DebugJson.event(event)).hasSizeLessThan(4 << 10));
  }

  @Test
  void aLongStreamHasABoundedReport() {
    var played = new Played().asked().sse();
    for (int i = 0; i < 20_000; i++) {
      played.after(java.time.Duration.ofMillis(1)).chunk(Played.TOKEN);
    }
    var report = played.fin();
    assertThat(report.first()).hasSize(500);
    assertThat(report.last()).hasSize(500);
    assertThat(report.dropped()).isGreaterThan(30_000);
    assertThat(report.curve().size()).isBetween(100, 600);
    assertThat(HtmlReport.of(report, "")).hasSizeLessThan(1 << 20);
  }
}
