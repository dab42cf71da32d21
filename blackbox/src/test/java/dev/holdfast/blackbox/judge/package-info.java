/** The judge, judged; and the verdict on our own client. */
@NullMarked
package dev.holdfast.blackbox.judge;

import org.jspecify.annotations.NullMarked;
