package dev.holdfast.journal.log;

import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.journal.file.JournalFiles;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the shards of a journal share.
 *
 * @param files where they write
 * @param limits what they accept
 * @param syncEvery whether a commit is on the storage before it is reported
 * @param content whether payloads are stored
 * @param key of the encryption; null for none
 * @param segmentBytes from this length on a segment is sealed
 * @param segmentMillis from this age on, likewise
 * @param memoryBytes the newest bytes of a shard that stay in memory
 * @param clock the time, in milliseconds since 1970
 * @param random tags and salts
 * @param readers runs what followers wait for
 * @param bytes on the storage, over all shards
 * @param streams over all shards
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record LogSettings(
    JournalFiles files,
    JournalLimits limits,
    boolean syncEvery,
    boolean content,
    byte @Nullable [] key,
    long segmentBytes,
    long segmentMillis,
    long memoryBytes,
    LongSupplier clock,
    Random random,
    Executor readers,
    AtomicLong bytes,
    AtomicInteger streams) {}
