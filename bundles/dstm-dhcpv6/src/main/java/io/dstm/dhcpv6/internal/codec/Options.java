package io.dstm.dhcpv6.internal.codec;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Options in the order of the wire. Where an option that should be alone comes several times, the first counts (RFC 8415 section
 * 21.1 has them separate and says no more).
 *
 * @param list the options
 */
public record Options(List<Option> list) {

    /** No options. */
    public static final Options NONE = new Options(List.of());

    /** Keeps the list unchangeable. */
    public Options {
        list = List.copyOf(list);
    }

    /** These options. */
    public static Options of(Option... options) {
        return new Options(List.of(options));
    }

    /** The first of a kind. */
    public <O extends Option> Optional<O> first(Class<O> kind) {
        for (Option option : list) {
            if (kind.isInstance(option)) {
                return Optional.of(kind.cast(option));
            }
        }
        return Optional.empty();
    }

    /** All of a kind. */
    public <O extends Option> Stream<O> all(Class<O> kind) {
        return list.stream().filter(kind::isInstance).map(kind::cast);
    }

    /** All of a kind, for who looks at every message. */
    public <O extends Option> List<O> listOf(Class<O> kind) {
        List<O> some = new ArrayList<>(list.size());
        for (Option option : list) {
            if (kind.isInstance(option)) {
                some.add(kind.cast(option));
            }
        }
        return some;
    }

    /** Whether there is one of a kind. */
    public boolean has(Class<? extends Option> kind) {
        for (Option option : list) {
            if (kind.isInstance(option)) {
                return true;
            }
        }
        return false;
    }

    /** Whether an Option Request names {@code code}. */
    public boolean requests(OptionCode code) {
        for (Option option : list) {
            if (option instanceof Option.OptionRequest request
                    && request.codes().contains(code)) {
                return true;
            }
        }
        return false;
    }

    /** What the Status Code says; Success if there is none (RFC 8415 section 21.13). */
    public Status status() {
        return first(Option.StatusCode.class).map(Option.StatusCode::status).orElse(Status.SUCCESS);
    }

    /** The same with more behind. */
    public Options and(Option... more) {
        List<Option> all = new ArrayList<>(list);
        Collections.addAll(all, more);
        return new Options(all);
    }
}
