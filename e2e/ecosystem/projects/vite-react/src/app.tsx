import { Link, Route, Routes } from 'react-router';
import { useTracker } from './use-tracker';

function Shop() {
  const tracker = useTracker();
  return (
    <>
      <h1>Shop</h1>
      <button type="button" onClick={() => tracker.track('purchases', { item: 'stamp', price: 1.2 })}>
        Buy
      </button>
      <Link to="/about">About</Link>
    </>
  );
}

export const App = () => (
  <Routes>
    <Route path="/" element={<Shop />} />
    <Route path="/about" element={<h1>About</h1>} />
  </Routes>
);
