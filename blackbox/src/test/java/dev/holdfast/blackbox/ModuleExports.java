package dev.holdfast.blackbox;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** What the module descriptors of the project export. */
final class ModuleExports {
  private static final Pattern UNQUALIFIED =
      Pattern.compile("^ *exports ([\\w.]+);", Pattern.MULTILINE);

  private ModuleExports() {}

  /** {@return the packages that any module may use, sorted} */
  static List<String> toEverybody() {
    return SourceTree.files(SourceTree.root(), "module-info.java").stream()
        .map(file -> String.join("\n", SourceTree.lines(file)))
        .flatMap(
            text -> UNQUALIFIED.matcher(text).results().map((MatchResult found) -> found.group(1)))
        .sorted()
        .toList();
  }
}
