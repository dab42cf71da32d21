/** Streams of the library that outlive their reader and their process, on a real disk. */
@NullMarked
package dev.holdfast.blackbox.resume;

import org.jspecify.annotations.NullMarked;
