package dev.holdfast.core.seam;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextEndTest {
  private static final String SENTENCE = "Open the window and wait for the keeper.";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "| name | what |\n|---|---|\n| rope | $.",
        "name | what\n---|---\nrope | $",
        "\u2018Go home,\u2019 said Anna. \u2018$",
        "\u201cGo home,\u201d said Anna. \u201c$",
        "\u00abGo home,\u00bb said Anna. \u00ab $",
        "\u201eGo home,\u201c said Anna. \u201e$",
        "\u300cGo home\u300d\n\n\u300c$",
        "She called: '$",
        "function f(x) {\n\n// $",
        "function f(x) {\n\n  $",
        "He wrote (see below.\n\n$",
        "He wrote [see below.\n\n$",
        "<ul>\n<li>$",
        "<p>$",
        "<details>\n\n$",
        "<!-- $",
        "\\begin{proof}\n$",
        "It is \\($",
        "*$",
        "He wrote: *$",
        "_$",
        "**$",
        "***$",
        "~~$",
        "`$",
        "```text\n$",
        "~~~~\n```\nx\n```",
        "- item\n\n      ```sh\n$",
        "    $",
        "/* $",
        "// $",
        "# $",
        "We have $x = 2.",
        "It was on the third of Jan.",
        "They climbed Mt.",
        "It took three Std.",
        "They carried tools, e.g.",
        "They carried tools, etc.",
        "They met Dr.",
        "Plan B.",
        "They went there in the U.S.",
        "Written in Node.",
        "Read https://www.example.",
        "Read www.example.",
        "Write to anna@example.",
        "Open src/main.",
        "Call window.document.",
        "Call open(x).",
        "It costs 3.",
        "Do this:\n\n1. Open it.\n2."
      })
  void isNotPossible(String text) {
    assertThat(isPossible(text.replace("$", SENTENCE))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$",
        "$ $\n\n$",
        "- one\n- $",
        "* one\n* $",
        "1) one\n2) $",
        "\u201cGo home,\u201d said Anna. \u201c$\u201d",
        "\u2018It\u2019s late,\u2019 said Anna. \u2018$\u2019",
        "It's late, isn't it? $",
        "\u00ab $ \u00bb She left!",
        "\u201c$\n\n\u201c$\u201d",
        "\u201eGo home,\u201c said Anna. $",
        "He wrote (see below). $",
        "*Note:* $ **Now.** Use `f(x)` as a_b_c. $",
        "<b>Now</b>, <br> and then: $",
        "\\begin{proof}\nx\n\\end{proof}\n\n$",
        "| a |\n|---|\n| b |\n\n$",
        "```js\nf({\n```\n\n$",
        "```js\nf({\n```",
        "\u6f6e\u6c50\u6162\u6162\u4e0a\u6da8\u3002",
        "\u300c\u6f6e\u6c50\u300d\u4e0a\u6da8\u3002"
      })
  void isPossibleWhereNothingIsOpen(String text) {
    assertThat(isPossible(text.replace("$", SENTENCE))).isTrue();
  }

  private static boolean isPossible(String text) {
    return TextEnd.isPossible(text, text.length(), Fences.of(text));
  }
}
