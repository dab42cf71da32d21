package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.JournalPlace;
import dev.holdfast.gateway.shared.SharedLink;
import dev.holdfast.journal.EmbeddedJournal;
import dev.holdfast.journal.FsyncPolicy;
import dev.holdfast.journal.redis.RedisJournal;
import dev.holdfast.journal.redis.RedisJournalOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
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
      throw new IllegalArgumentException(
          "journal: must be a directory that can be used, was " + directory + ": " + e.getMessage(),
          e);
    }
  }

  private static Journal open(JournalPlace.Redis redis, JournalConfig config) {
    try {
      return RedisJournal.at(redis.address())
          .prefix(redis.prefix())
          .lease(redis.lease())
          .limits(limits(RedisJournalOptions.LIMITS, config))
          .open();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "journal: must be a Redis that can be used, was " + redis + ": " + e.getMessage(), e);
    }
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
