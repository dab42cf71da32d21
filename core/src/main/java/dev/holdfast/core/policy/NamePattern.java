package dev.holdfast.core.policy;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * A pattern of hosts or models: {@code *} matches anything, one that begins with {@code ~} is a
 * regular expression, and {@code -} matches nothing. Most rows of a table are never looked at, so
 * an expression is compiled when it is first needed. Immutable in effect; thread-safe.
 */
final class NamePattern {
  private final String text;
  private volatile @Nullable Pattern compiled;

  NamePattern(String text) {
    this.text = text;
  }

  /**
   * Compiles it now.
   *
   * @throws PatternSyntaxException if it is no regular expression
   */
  void check() {
    if (isExpression()) {
      Pattern unused = compiled();
    }
  }

  boolean matches(String name) {
    if (text.equals("-")) {
      return false;
    }
    return isExpression() ? compiled().matcher(name).matches() : matchesStars(name);
  }

  private boolean isExpression() {
    return text.startsWith("~");
  }

  private Pattern compiled() {
    var known = compiled;
    if (known == null) {
      known = Pattern.compile(text.substring(1));
      compiled = known;
    }
    return known;
  }

  private boolean matchesStars(String name) {
    int star = text.indexOf('*');
    if (star < 0) {
      return text.equals(name);
    }
    int last = text.lastIndexOf('*');
    String end = text.substring(last + 1);
    int until = name.length() - end.length();
    if (!name.regionMatches(0, text, 0, star) || until < star || !name.endsWith(end)) {
      return false;
    }
    // Between two stars the first place will do.
    int at = star;
    while (star < last) {
      int next = text.indexOf('*', star + 1);
      String part = text.substring(star + 1, next);
      int found = name.indexOf(part, at);
      if (found < 0 || found + part.length() > until) {
        return false;
      }
      at = found + part.length();
      star = next;
    }
    return true;
  }
}
