package dev.holdfast.observe.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.observe.server.Request;
import dev.holdfast.observe.server.Response;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DashboardTest {
  private final Dashboard dashboard = new Dashboard();

  private Response.@Nullable Whole get(String path) {
    return (Response.Whole) dashboard.answer(new Request("GET", path, "", Map.of()));
  }

  private String text(String path) {
    var whole = get(path);
    return whole == null ? "" : new String(whole.body(), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @CsvSource({
    "/, text/html; charset=utf-8",
    "/index.html, text/html; charset=utf-8",
    "/app.mjs, text/javascript; charset=utf-8",
    "/uplot/uPlot.esm.js, text/javascript; charset=utf-8",
    "/style.css, text/css; charset=utf-8",
    "/icon.svg, image/svg+xml"
  })
  void filesHaveTheirTypes(String path, String type) {
    var whole = get(path);
    assertThat(whole).isNotNull();
    assertThat(whole.contentType()).isEqualTo(type);
    assertThat(whole.headers().get("Content-Security-Policy"))
        .contains("default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'")
        .doesNotContain("unsafe");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/report", "/nothing", "/../pom.xml", "/uplot/", "/Dashboard.class"})
  void everythingElseIsForOtherHandlers(String path) {
    assertThat(get(path)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "app",
        "attempts",
        "detail",
        "format",
        "groups",
        "history",
        "model",
        "plots",
        "state",
        "table",
        "tiles"
      })
  void scriptsNeverParseTextAsMarkup(String script) {
    assertThat(text("/" + script + ".mjs"))
        .isNotEmpty()
        .doesNotContainPattern("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(")
        .doesNotContainPattern("https?://(?!www\\.w3\\.org/2000/svg)");
  }

  @Test
  void thePageAsksNoOtherServer() {
    assertThat(text("/")).doesNotContain("http://", "https://", "style=", "onclick=");
  }

  // The checksums of the files in the npm package uplot 1.6.32.
  @ParameterizedTest
  @CsvSource({
    "/uplot/uPlot.esm.js, 5dd9b3281aa64b461b42d9945f6adb2649d346502b12281a9ae0d46599a80eba",
    "/uplot/uPlot.min.css, df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04"
  })
  void theLibraryIsUnchanged(String path, String sha256) throws NoSuchAlgorithmException {
    var whole = get(path);
    assertThat(whole).isNotNull();
    byte[] sum = MessageDigest.getInstance("SHA-256").digest(whole.body());
    assertThat(HexFormat.of().formatHex(sum)).isEqualTo(sha256);
  }
}
