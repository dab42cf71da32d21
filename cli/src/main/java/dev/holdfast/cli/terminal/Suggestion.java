package dev.holdfast.cli.terminal;

import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.UnmatchedArgumentException;

/** Names the word that a user probably meant. */
public final class Suggestion {
  /** How errors list what is allowed, and what they got. */
  private static final Pattern LISTED =
      Pattern.compile(
          "must (?:be (?:one of )?|have no other keys than )"
              + "((?:[\\w.:-]+(?:, or |, | or )(?!was|each))*[\\w.:-]+)"
              + "(?:, each once| in [\\w.-]+)?, was '?([\\w.:-]{1,40})'?$");

  private Suggestion() {}

  /** {@return a sentence about an error, with a suggestion where it lists what is allowed} */
  public static String with(String sentence) {
    Matcher matcher = LISTED.matcher(sentence);
    return matcher.find()
        ? sentence + hint(matcher.group(2), List.of(matcher.group(1).split(", or |, | or ")))
        : sentence;
  }

  /** {@return what is wrong with a word that no command or option has} */
  public static String unmatched(UnmatchedArgumentException e) {
    CommandLine command = e.getCommandLine();
    String word = e.getUnmatched().isEmpty() ? "" : e.getUnmatched().getFirst();
    if (word.startsWith("-")) {
      String name = word.split("=", 2)[0];
      var known = command.getCommandSpec().optionsMap().keySet();
      return name + ": must be an option of this command, was not" + hint(name, known);
    }
    var commands = command.getSubcommands().keySet();
    return commands.isEmpty()
        ? word + ": must be an argument that this command has, was one too many"
        : with("COMMAND: must be one of " + String.join(", ", commands) + ", was " + word);
  }

  /** {@return the known word that is nearest, in parentheses; empty if none resembles it} */
  public static String hint(String word, Collection<String> known) {
    String nearest = "";
    int least = Integer.MAX_VALUE;
    for (String candidate : known) {
      int distance = distance(word, candidate);
      int bound = Math.max(1, Math.max(word.length(), candidate.length()) / 3);
      if (distance <= bound && distance < least) {
        least = distance;
        nearest = candidate;
      }
    }
    return nearest.isEmpty() ? "" : " (did you mean " + nearest + "?)";
  }

  /** {@return how many letters differ; two letters that changed places count once} */
  private static int distance(String one, String two) {
    var rows = new int[one.length() + 1][two.length() + 1];
    for (int i = 0; i <= one.length(); i++) {
      for (int j = 0; j <= two.length(); j++) {
        if (i == 0 || j == 0) {
          rows[i][j] = i + j;
          continue;
        }
        boolean same = one.charAt(i - 1) == two.charAt(j - 1);
        int least = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1);
        least = Math.min(least, rows[i - 1][j - 1] + (same ? 0 : 1));
        boolean swapped =
            i > 1
                && j > 1
                && one.charAt(i - 1) == two.charAt(j - 2)
                && one.charAt(i - 2) == two.charAt(j - 1);
        rows[i][j] = swapped ? Math.min(least, rows[i - 2][j - 2] + 1) : least;
      }
    }
    return rows[one.length()][two.length()];
  }
}
