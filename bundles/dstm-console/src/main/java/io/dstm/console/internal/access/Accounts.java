package io.dstm.console.internal.access;

import java.util.Optional;

/** Where passwords are checked. */
@FunctionalInterface
public interface Accounts {

    /** The person of that name, if the password is theirs. */
    Optional<Person> check(String name, String password);
}
