package dev.holdfast.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** No promise without a test: every one in SECURITY.md names tests that exist. */
class SecurityPageTest {
  private static final Pattern TEST = Pattern.compile("`(\\w+Test)\\.(\\w+)`");
  private static final Pattern LINE = Pattern.compile("^\\| S\\d+ \\|");

  @Test
  void everyPromiseNamesTestsThatExist() {
    List<String> promises = promises();

    assertThat(promises)
        .hasSizeGreaterThan(5)
        .allSatisfy(text -> assertThat(text).contains("Test."));
    assertThat(promises.stream().flatMap(text -> TEST.matcher(text).results()))
        .allSatisfy(test -> assertThat(exists(test)).as(test.group()).isTrue());
  }

  @Test
  void everyLineOfTheChecklistNamesTestsThatExist() {
    var lines =
        SourceTree.lines(SourceTree.root().resolve("docs/security.md")).stream()
            .filter(line -> LINE.matcher(line).find())
            .toList();

    assertThat(lines).hasSize(30);
    assertThat(lines)
        .allSatisfy(line ->
            assertThat(line).containsPattern("Test\\.|\\| without a journal there are none \\|"));
    assertThat(lines.stream().flatMap(line -> TEST.matcher(line).results()))
        .allSatisfy(test -> assertThat(exists(test)).as(test.group()).isTrue());
  }

  /** {@return the bullets under "What we hold to", each as one line} */
  private static List<String> promises() {
    String page = String.join("\n", SourceTree.lines(SourceTree.root().resolve("SECURITY.md")));
    String section = page.substring(page.indexOf("## What we hold to"));
    var promises = new ArrayList<String>();
    for (String part : section.split("\n\n|\n(?=\\* )", -1)) {
      if (part.startsWith("* ")) {
        promises.add(part.replaceAll("\\s+", " "));
      }
    }
    return promises;
  }

  private static boolean exists(MatchResult test) {
    String method = "void " + test.group(2) + "(";
    return SourceTree.files(SourceTree.root(), "/" + test.group(1) + ".java").stream()
        .flatMap(file -> SourceTree.lines(file).stream())
        .anyMatch(line -> line.contains(method));
  }
}
