package dev.holdfast.blackbox.rotten.core.frame;

import java.nio.channels.FileChannel;

/** Breaks a rule on purpose; see ArchitectureTest. */
record OpensChannels(FileChannel channel) {}
