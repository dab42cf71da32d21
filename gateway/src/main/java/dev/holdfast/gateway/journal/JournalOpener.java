package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.JournalPlace;
import dev.holdfast.gateway.shared.SharedLink;
import dev.holdfast.journal.EmbeddedJournal;
import dev.holdfast.journal.FsyncPolicy;
import dev.holdfast.journal.redis.RedisDurability;
import dev.holdfast.journal.redis.RedisJournal;
import dev.holdfast.journal.redis.RedisJournalOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Opens the journal that a configuration names. */
public final class JournalOpener {
  private static final Duration SYNC = Duration.ofMillis(10);

  private JournalOpener() {}

  /**
   * {@return the journal, recovered and running}
   *
   * @throws IllegalArgumentException "journal: rule, was value" if it cannot be used
   */
  public static Journal open(JournalConfig config) {
    return switch (config.place()) {
      case JournalPlace.Directory directory -> open(directory, config);
      case JournalPlace.Redis redis -> open(redis, config);
    };
  }

  private static JournalLimits limits(JournalLimits defaults, JournalConfig config) {
    return new JournalLimits(
        defaults.metadata(),
        defaults.batch(),
        defaults.stream(),
        defaults.streams(),
        config.totalBytes());
  }

  private static Journal open(JournalPlace.Directory directory, JournalConfig config) {
    var options =
        EmbeddedJournal.at(directory.path())
            .fsync(sync(config.sync()))
            .limits(limits(JournalLimits.DEFAULTS, config));
    if (config.key().isSet()) {
      options.key(HexFormat.of().parseHex(config.key().hex()));
    }
    try {
      return options.open();
    } catch (IOException e) {
      throw unusable(directory, e);
    }
  }

  private static Journal open(JournalPlace.Redis redis, JournalConfig config) {
    try {
      var journal =
          RedisJournal.at(redis.address())
              .prefix(redis.prefix())
              .lease(redis.lease())
              .limits(limits(RedisJournalOptions.LIMITS, config))
              .open();
      if (journal.durability() == RedisDurability.EVICTABLE) {
        // The logger is made here, for it costs start-up time.
        System.getLogger(JournalOpener.class.getName())
            .log(
                System.Logger.Level.WARNING,
                "journal: Redis drops streams when its memory is used up, unless maxmemory-policy"
                    + " is noeviction");
      }
      return journal;
    } catch (IOException e) {
      throw unusable(redis, e);
    }
  }

  /**
   * {@return what a gateway throws that cannot begin} A Redis may be lost, or refuse a script,
   * after it was opened.
   */
  public static RuntimeException failure(Exception thrown, @Nullable JournalConfig config) {
    // Many streams are looked for at a time, each by a stage of its own.
    var cause = thrown instanceof CompletionException ? thrown.getCause() : thrown;
    return switch (cause) {
      case UncheckedIOException lost when config != null && lost.getCause() != null ->
          unusable(config.place(), lost.getCause());
      case RuntimeException known -> known;
      case null, default -> new IllegalStateException(thrown);
    };
  }

  private static IllegalArgumentException unusable(JournalPlace place, IOException e) {
    String what = place instanceof JournalPlace.Redis ? "Redis" : "directory";
    return new IllegalArgumentException(
        "journal: must be a %s that can be used, was %s: %s".formatted(what, place, reason(e)), e);
  }

  /** The message of what a file system refuses is the path alone. */
  private static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException denied -> "access denied";
      case FileAlreadyExistsException there -> "it is no directory";
      case NoSuchFileException missing -> "it cannot be made there";
      case FileSystemException other when other.getReason() != null ->
          String.valueOf(other.getReason());
      default -> String.valueOf(e.getMessage());
    };
  }

  /** {@return what gateways with this journal share; null for a journal of one gateway} */
  public static @Nullable SharedLink shared(Journal journal, JournalConfig config) {
    return journal instanceof RedisJournal redis
        ? new SharedLink(redis.sharedState(), config.shared())
        : null;
  }

  /** {@return what a journal in Redis keeps, in one word; empty for another journal} */
  public static Optional<String> keeps(Journal journal) {
    return journal instanceof RedisJournal redis
        ? Optional.of(redis.durability().name().toLowerCase(Locale.ROOT))
        : Optional.empty();
  }

  private static FsyncPolicy sync(JournalConfig.Sync sync) {
    return switch (sync) {
      case NEVER -> new FsyncPolicy.Never();
      case INTERVAL -> new FsyncPolicy.Interval(SYNC);
      case ALWAYS -> new FsyncPolicy.EveryCommit();
    };
  }
}
