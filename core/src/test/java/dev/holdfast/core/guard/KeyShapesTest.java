package dev.holdfast.core.guard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each shape of a key is looked for: what decides whether a text may hold one misses none. */
class KeyShapesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "sk-a1b2c3d4",
        "sk_a1b2c3d4",
        "AIzaA1b2c3d4",
        "AQ.a1b2c3d4",
        "ya29.a1b2c3d4",
        "AKIAA1B2C3D4",
        "ASIAA1B2C3D4",
        "ABSKa1b2c3d4",
        "hf_a1b2c3d4",
        "gsk_a1b2c3d4",
        "r8_a1b2c3d4",
        "fw_a1b2c3d4",
        "xai-a1b2c3d4",
        "pplx-a1b2c3d4",
        "nvapi-a1b2c3d4",
        "csk-a1b2c3d4",
        "glpat-a1b2c3d4",
        "tgp_v1_a1b2c3d4",
        "ghp_a1b2c3d4",
        "gho_a1b2c3d4",
        "ghu_a1b2c3d4",
        "ghs_a1b2c3d4",
        "ghr_a1b2c3d4",
        "github_pat_a1b2c3d4",
        "xoxb-a1b2c3d4",
        "eyJa1b2c3d4.e5",
        "-----BEGIN PRIVATE KEY-----"
      })
  void aKeyIsFoundAloneAtTheEndAndWithinASentence(String key) {
    for (String text : new String[] {key, "ghost: " + key, "it is '" + key + "' or not"}) {
      assertThat(Redactor.SHAPES.content(text)).as(text).contains(Redactor.REMOVED);
      assertThat(Redactor.SHAPES.content(text)).as(text).doesNotContain(key);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Bearer a1b2c3d4", "bearer+a1b2c3d4", "BASIC%20a1b2c3d4", "basic a1b2c3d4"})
  void theValueAfterASchemeIsFound(String text) {
    assertThat(Redactor.SHAPES.content("so " + text)).doesNotContain("a1b2c3d4");
  }

  @Test
  void wordsStay() {
    String words = "The ghost of a basic task: bearers, ghettos and xaioc-like names go on.";
    assertThat(Redactor.SHAPES.content(words)).isEqualTo(words);
  }
}
