import { createContext, useContext } from 'react';
import { tracker } from './tracker';

export const TrackerContext = createContext(tracker);

export const useTracker = () => useContext(TrackerContext);
